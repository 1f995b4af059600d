package dev.stockade.model.audit;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.policy.Decision;
import dev.stockade.model.policy.Decision.RuleReference;
import dev.stockade.model.policy.Reason;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * One line of the audit log. Texts that are absent are "", sizes and durations that are unknown are negative; neither is
 * written.
 *
 * @param time to the microsecond
 * @param id the same in both lines of an allowed message, and the {@code auditId} of a denial
 * @param shadow what would have been decided if the policies in shadow were enforced, too; empty where there are none
 * @param generation of the rules that decided; 0 before any
 * @param traceId of the caller's {@code traceparent}
 * @param session a digest of the session's id
 */
public record AuditEvent(
        Instant time,
        UUID id,
        Phase phase,
        Parties parties,
        Subject subject,
        Ruling ruling,
        Optional<Decision> shadow,
        long generation,
        RecordedArguments arguments,
        Measures measures,
        String traceId,
        String session) {
    public AuditEvent {
        requireNonNull(time);
        requireNonNull(id);
        requireNonNull(phase);
        requireNonNull(parties);
        requireNonNull(subject);
        requireNonNull(ruling);
        requireNonNull(shadow);
        requireNonNull(arguments);
        requireNonNull(measures);
        requireNonNull(traceId);
        requireNonNull(session);
    }

    /** The line that follows once the message is done: the same attempt, without its arguments. */
    public AuditEvent outcome(Instant at, Measures done) {
        return new AuditEvent(
                at,
                id,
                Phase.OUTCOME,
                parties,
                subject,
                ruling,
                shadow,
                generation,
                RecordedArguments.NONE,
                done,
                traceId,
                session);
    }

    /** Before a message goes on, and after it is done. */
    public enum Phase {
        DECISION("decision"),
        OUTCOME("outcome");

        private final String word;

        Phase(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }
    }

    /**
     * Who asked whom.
     *
     * @param agent a SPIFFE ID
     * @param agentPod {@code namespace/name}
     * @param from the address that a connection without an identity came from
     * @param server {@code namespace/name}
     * @param serverPod {@code namespace/name}
     */
    public record Parties(String agent, String agentPod, String from, String server, String serverPod) {
        public Parties {
            requireNonNull(agent);
            requireNonNull(agentPod);
            requireNonNull(from);
            requireNonNull(server);
            requireNonNull(serverPod);
        }

        /** Of an agent that has proved who it is. */
        public Parties(String agent, String agentPod, String server, String serverPod) {
            this(agent, agentPod, "", server, serverPod);
        }
    }

    /**
     * What was asked for.
     *
     * @param method of JSON-RPC; where there is none, that of HTTP; "response" for an answer to a request of the server
     * @param kind {@code tool}, {@code resource}, {@code prompt}, or ""
     */
    public record Subject(String method, String kind, String name) {
        /** Nothing that could be read. */
        public static final Subject NONE = new Subject("", "", "");

        public Subject {
            requireNonNull(method);
            requireNonNull(kind);
            requireNonNull(name);
        }
    }

    /** What was decided, and by which rule. */
    public record Ruling(Verdict verdict, Optional<Reason> reason, Optional<RuleReference> by) {
        /** Allowed without a rule of its own. */
        public static final Ruling ALLOWED = new Ruling(Verdict.ALLOW, Optional.empty(), Optional.empty());

        public Ruling {
            requireNonNull(verdict);
            requireNonNull(reason);
            requireNonNull(by);
        }

        /** Refused without a rule of its own. */
        public static Ruling refused(Reason reason) {
            return new Ruling(Verdict.DENY, Optional.of(reason), Optional.empty());
        }
    }

    /** What happens to the message. */
    public enum Verdict {
        ALLOW("allow"),
        DENY("deny"),
        /** The policy says no, and the server is only being observed. */
        OBSERVE_DENY("observe-deny");

        private final String word;

        Verdict(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }
    }

    /** How a message ended. */
    public enum Outcome {
        OK("ok"),
        /** The tool ran and says that it failed. */
        TOOL_ERROR("tool_error"),
        /** The server answered with a JSON-RPC error, or with an HTTP status of 400 or above. */
        RPC_ERROR("rpc_error"),
        /** No whole answer reached the agent. */
        BROKEN("broken");

        private final String word;

        Outcome(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }
    }

    /** Sizes of the bodies in bytes and time in microseconds, negative where unknown. */
    public record Measures(long requestBytes, long responseBytes, long durationMicros, Optional<Outcome> outcome) {
        public Measures {
            requireNonNull(outcome);
        }

        /** Of a message that has only been received. */
        public static Measures received(long requestBytes) {
            return new Measures(requestBytes, -1, -1, Optional.empty());
        }
    }
}
