package dev.stockade.sidecar.health;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.sidecar.control.ControlStatus;
import dev.stockade.sidecar.identity.Identities;
import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.inbound.InboundListener;
import dev.stockade.sidecar.outbound.LocalListeners;
import dev.stockade.sidecar.state.CurrentState;
import dev.stockade.sidecar.state.PodState;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Says what is missing. */
public final class Health {
    private final Identities identities;
    private final CurrentState state;
    private final Supplier<ControlStatus> control;
    private final InboundListener inbound;
    private final LocalListeners outbound;
    private final BooleanSupplier stopping;
    private final Clock clock;

    public Health(
            Identities identities,
            CurrentState state,
            Supplier<ControlStatus> control,
            InboundListener inbound,
            LocalListeners outbound,
            BooleanSupplier stopping,
            Clock clock) {
        this.identities = requireNonNull(identities);
        this.state = requireNonNull(state);
        this.control = requireNonNull(control);
        this.inbound = requireNonNull(inbound);
        this.outbound = requireNonNull(outbound);
        this.stopping = requireNonNull(stopping);
        this.clock = requireNonNull(clock);
    }

    /** What the first start still waits for; nothing once a certificate and a first snapshot, even an empty one, are held. */
    public List<String> missingToStart() {
        boolean certificate = !identities.svids().isEmpty() || state.held().isPresent();
        if (certificate && state.held().isPresent()) {
            return List.of();
        }
        return List.of(control.get()
                .waiting()
                .orElse(
                        certificate
                                ? "asking the operator for the rules of this pod"
                                : "asking the operator for a certificate"));
    }

    /**
     * What is missing for traffic. The operator's absence alone is nothing: the last rules are good until they are stale.
     */
    public List<String> missingToServe() {
        Optional<PodState> held = state.held();
        if (held.isEmpty()) {
            return missingToStart();
        }
        List<String> missing = new ArrayList<>();
        for (WorkloadKind role : WorkloadKind.values()) {
            held.get().identity(role).ifPresent(id -> {
                Optional<Svid> valid =
                        identities.svid(role).filter(s -> s.ends().isAfter(clock.instant()));
                if (valid.isEmpty()) {
                    missing.add("no valid certificate for " + id
                            + control.get().waiting().map(w -> ": " + w).orElse(""));
                }
            });
        }
        if (held.get().serving().isPresent() && !inbound.bound()) {
            missing.add("the tunnel's port is not bound");
        }
        if (held.get().agent().isPresent() && !outbound.bound()) {
            missing.add(
                    "the agent's port is not bound" + (outbound.unbound().isEmpty() ? "" : ": " + outbound.unbound()));
        }
        if (state.stale()) {
            missing.add(
                    "nothing has confirmed the rules since " + state.confirmed() + ", longer than " + state.staleAfter()
                            + control.get().waiting().map(w -> ": " + w).orElse(""));
        }
        if (held.get().draining() || stopping.getAsBoolean()) {
            missing.add("the pod is stopping");
        }
        return missing;
    }
}
