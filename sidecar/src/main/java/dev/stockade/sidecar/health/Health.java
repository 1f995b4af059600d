package dev.stockade.sidecar.health;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.sidecar.control.ControlStatus;
import dev.stockade.sidecar.identity.Identities;
import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.inbound.InboundListener;
import dev.stockade.sidecar.outbound.LocalListeners;
import dev.stockade.sidecar.state.CurrentState;
import dev.stockade.sidecar.state.PodState;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;

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

    private Optional<String> certificateMissing(WorkloadKind role, SpiffeId id, Instant now) {
        Optional<Svid> svid = identities.svid(role);
        if (svid.isEmpty()) {
            return Optional.of("no valid certificate for " + id + why());
        }
        if (!svid.get().validAt(now)) {
            return Optional.of("no valid certificate for " + id + ": it ended at "
                    + svid.get().ends() + why());
        }
        if (!identities.trust().issuers().contains(svid.get().issuer())) {
            return Optional.of("no valid certificate for " + id + ": its issuer was replaced" + why());
        }
        return Optional.empty();
    }

    /** What will be missing soon, while nothing is yet: a certificate of whose life less than a quarter is left. */
    public List<String> warnings() {
        Instant now = clock.instant();
        return identities.svids().values().stream()
                .filter(svid -> svid.validAt(now) && svid.overdueAt(now))
                .map(svid -> "the certificate for " + svid.id() + " has not been renewed, and after " + svid.ends()
                        + " nothing is served" + why())
                .sorted()
                .toList();
    }

    /** What the operator last said, as the end of a sentence. */
    private String why() {
        return control.get().waiting().map(w -> ": " + w).orElse("");
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
        Instant now = clock.instant();
        for (WorkloadKind role : WorkloadKind.values()) {
            held.get()
                    .identity(role)
                    .flatMap(id -> certificateMissing(role, id, now))
                    .ifPresent(missing::add);
        }
        if (held.get().serving().isPresent() && !inbound.bound()) {
            missing.add(notBound("the tunnel's port", inbound.unbound()));
        }
        if (held.get().agent().isPresent() && !outbound.bound()) {
            missing.add(notBound("the agent's port", outbound.unbound()));
        }
        if (state.stale()) {
            missing.add("nothing has confirmed the rules since " + state.confirmed() + ", longer than "
                    + state.staleAfter() + why());
        }
        if (held.get().draining() || stopping.getAsBoolean()) {
            missing.add("the pod is stopping");
        }
        return missing;
    }

    private static String notBound(String what, Map<String, String> why) {
        String all = why.entrySet().stream()
                .map(one -> one.getKey() + ": " + one.getValue())
                .collect(Collectors.joining("; "));
        return what + " is not bound" + (all.isEmpty() ? "" : ", " + all);
    }
}
