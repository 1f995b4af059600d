package dev.stockade.sidecar;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.audit.AuditEvent;
import dev.stockade.model.audit.RecordedArguments;
import dev.stockade.model.audit.UuidV7;
import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.policy.Reason;
import dev.stockade.sidecar.audit.AuditLog;
import dev.stockade.sidecar.inbound.RefusedConnects;
import dev.stockade.sidecar.metrics.Metrics;
import dev.stockade.sidecar.outbound.UnsentRequests;
import dev.stockade.sidecar.state.AgentRules;
import dev.stockade.sidecar.state.CurrentState;
import dev.stockade.sidecar.state.PodState;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;

/** Records the attempts that end before a request is read: refused connections, and what never leaves the agent's pod. */
final class Recording implements RefusedConnects, UnsentRequests {
    /** Of all who prove no identity together. */
    private static final int STRANGERS_A_SECOND = 20;
    /** Of each identity. */
    private static final int REFUSALS_A_SECOND = 100;

    private final AuditLog audit;
    private final CurrentState state;
    private final String pod;
    private final Clock clock;
    private final Metrics metrics;
    private final RandomGenerator random = new SecureRandom();
    private final RefusalsRecorded<String> strangers;
    private final RefusalsRecorded<SpiffeId> known;

    /** @param pod this one: {@code namespace/name} */
    Recording(AuditLog audit, CurrentState state, String pod, Metrics metrics, Clock clock) {
        this.audit = requireNonNull(audit);
        this.state = requireNonNull(state);
        this.pod = requireNonNull(pod);
        this.metrics = requireNonNull(metrics);
        this.clock = requireNonNull(clock);
        this.strangers = new RefusalsRecorded<>(clock, STRANGERS_A_SECOND);
        this.known = new RefusalsRecorded<>(clock, REFUSALS_A_SECOND);
    }

    @Override
    public String record(SpiffeId peer, Optional<BoundPod> peerPod, Reason reason) {
        if (!known.admit(peer)) {
            metrics.count(Metrics.Count.INBOUND_STREAMS_UNRECORDED);
            return "";
        }
        return recordCut(peer, peerPod, reason);
    }

    @Override
    public String recordCut(SpiffeId peer, Optional<BoundPod> peerPod, Reason reason) {
        return append(
                new AuditEvent.Parties(
                        peer.uri(),
                        peerPod.map(p -> p.namespace() + "/" + p.name()).orElse(""),
                        server(),
                        pod),
                new AuditEvent.Subject("CONNECT", "", ""),
                reason);
    }

    @Override
    public String record(
            Optional<AgentRules> agent, Optional<AgentRules.Target> target, String method, String path, Reason reason) {
        return append(
                new AuditEvent.Parties(
                        agent.map(a -> a.id().uri()).orElse(""),
                        pod,
                        target.map(AgentRules.Target::reference).orElse(""),
                        ""),
                new AuditEvent.Subject(method, "", path),
                reason);
    }

    @Override
    public void recordStranger(InetAddress from) {
        if (strangers.admit("")) {
            append(
                    new AuditEvent.Parties("", "", from.getHostAddress(), server(), pod),
                    new AuditEvent.Subject("CONNECT", "", ""),
                    Reason.IDENTITY_REFUSED);
        } else {
            metrics.count(Metrics.Count.INBOUND_HANDSHAKES_UNRECORDED);
        }
    }

    private String server() {
        return state.server().map(s -> s.namespace() + "/" + s.name()).orElse("");
    }

    private String append(AuditEvent.Parties parties, AuditEvent.Subject subject, Reason reason) {
        Instant now = clock.instant();
        UUID id = UuidV7.at(now, random);
        audit.append(new AuditEvent(
                now,
                id,
                AuditEvent.Phase.DECISION,
                parties,
                subject,
                AuditEvent.Ruling.refused(reason),
                Optional.empty(),
                state.held().map(PodState::generation).orElse(0L),
                RecordedArguments.NONE,
                AuditEvent.Measures.received(-1),
                "",
                ""));
        return id.toString();
    }
}
