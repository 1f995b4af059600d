package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.audit.AuditEvent.Ruling;
import dev.stockade.model.mcp.McpGuard;
import dev.stockade.model.policy.Decision;
import dev.stockade.model.policy.Reason;
import io.netty.handler.codec.http.HttpResponseStatus;

/** What becomes of one request of an agent. */
sealed interface Judgement {
    /** It goes on to the server, once its line is written. */
    record Passes(Ruling ruling) implements Judgement {
        public Passes {
            requireNonNull(ruling);
        }
    }

    /** The policy denies what it names: a request gets an error with its id, a notification is dropped. */
    record Denied(McpGuard.Verdict verdict, Decision.Deny deny) implements Judgement {
        public Denied {
            requireNonNull(verdict);
            requireNonNull(deny);
        }
    }

    /** An answer that nothing asked for: nobody waits for a word on it. */
    record Dropped(Reason reason) implements Judgement {
        public Dropped {
            requireNonNull(reason);
        }
    }

    /**
     * It is not served at all.
     *
     * @param code of the JSON-RPC error
     * @param closes whether the stream cannot be used after the answer
     */
    record Refused(HttpResponseStatus status, int code, Reason reason, String sentence, boolean closes)
            implements Judgement {
        public Refused {
            requireNonNull(status);
            requireNonNull(reason);
            requireNonNull(sentence);
        }
    }

    /**
     * A limit of this agent is reached. A request is told so with its id, for an error of HTTP is lost in some clients.
     *
     * @param limit its field in {@code spec.limits}
     * @param retryAfterSeconds when it makes sense to try again, at least one
     */
    record Limited(String limit, String sentence, long retryAfterSeconds) implements Judgement {
        public Limited {
            requireNonNull(limit);
            requireNonNull(sentence);
        }
    }
}
