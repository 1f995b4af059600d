package dev.stockade.sidecar.outbound;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.sidecar.identity.Identities;
import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.identity.TrustBundle;
import dev.stockade.sidecar.state.AgentRules;
import dev.stockade.sidecar.state.CurrentState;
import dev.stockade.sidecar.tunnel.CallingSide;
import dev.stockade.sidecar.tunnel.Destination;
import dev.stockade.sidecar.tunnel.Standing;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.Optional;

/** What connections of the agent in this pod rest on: its certificate, the bundle, and the rules in force. */
public final class AgentSide implements CallingSide {
    private final Identities identities;
    private final CurrentState state;
    private final Clock clock;

    public AgentSide(Identities identities, CurrentState state, Clock clock) {
        this.identities = requireNonNull(identities);
        this.state = requireNonNull(state);
        this.clock = requireNonNull(clock);
    }

    @Override
    public Optional<Svid> own() {
        return identities.svid(WorkloadKind.AGENT);
    }

    @Override
    public TrustBundle trust() {
        return identities.trust();
    }

    @Override
    public Standing standing(Svid shown, Destination to, X509Certificate issuer) {
        return Standing.of(
                own(),
                shown,
                issuer,
                trust(),
                state.agent().filter(agent -> mayUse(agent, shown.id(), to)).isPresent(),
                state.confirmed(),
                clock.instant());
    }

    /** Whether the rules let that identity use a connection to that replica. */
    static boolean mayUse(AgentRules agent, SpiffeId own, Destination to) {
        return !agent.suspended()
                && agent.id().equals(own)
                && agent.targets().stream()
                        .filter(target -> target.id().equals(to.server()))
                        .flatMap(target -> target.endpoints().stream())
                        .anyMatch(endpoint -> endpoint.address().equals(to.address()));
    }
}
