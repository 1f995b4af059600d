package dev.stockade.model.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.json.ByteRange;
import java.util.List;
import java.util.Optional;

/** One message of an agent, as far as it must be known to decide on it. The bytes themselves go on unchanged. */
public sealed interface McpMessage {
    /** A message with a method: a request or a notification. */
    sealed interface Call extends McpMessage {
        /** As it stands in the message, escapes decoded. */
        String method();

        /** Its entry in the table; empty for a method that is unknown, and therefore denied. */
        Optional<McpMethod> known();

        Params params();
    }

    /** Wants an answer. */
    record Request(RequestId id, String method, Optional<McpMethod> known, Params params) implements Call {
        public Request {
            requireNonNull(id);
            requireNonNull(method);
            requireNonNull(known);
            requireNonNull(params);
        }
    }

    /** Wants none. */
    record Notification(String method, Optional<McpMethod> known, Params params) implements Call {
        public Notification {
            requireNonNull(method);
            requireNonNull(known);
            requireNonNull(params);
        }
    }

    /**
     * Answers a request of the server.
     *
     * @param brought the task that it says it belongs to
     */
    record Response(RequestId id, boolean error, Brought brought) implements McpMessage {
        public Response {
            requireNonNull(id);
            requireNonNull(brought);
        }

        /** Brings nothing back. */
        public Response(RequestId id, boolean error) {
            this(id, error, Brought.NOTHING);
        }
    }

    /**
     * Is refused.
     *
     * @param sentence why, for the sender; quotes nothing of the message
     * @param id of the request, where that much could be read
     */
    record Malformed(String sentence, Optional<RequestId> id) implements McpMessage {
        public Malformed {
            requireNonNull(sentence);
            requireNonNull(id);
        }
    }

    /**
     * What of {@code params} matters.
     *
     * @param targets what the policy decides on; all of it must be allowed
     * @param arguments where {@code arguments} lies in the body; empty if there are none
     * @param protocolVersion what {@code _meta} names (modern), else ""
     * @param task whether the call asks to be run as a task
     * @param brought what a server handed out earlier
     * @param traceparent what {@code _meta} says of the caller's trace, as it stands there and unchecked, else ""
     */
    record Params(
            List<Target> targets,
            ByteRange arguments,
            String protocolVersion,
            boolean task,
            Brought brought,
            String traceparent) {
        static final Params NONE = new Params(List.of(), ByteRange.NONE, "", false);

        /** Brings nothing back. */
        public Params(List<Target> targets, ByteRange arguments, String protocolVersion, boolean task) {
            this(targets, arguments, protocolVersion, task, Brought.NOTHING, "");
        }

        public Params {
            targets = List.copyOf(targets);
            requireNonNull(arguments);
            requireNonNull(protocolVersion);
            requireNonNull(brought);
            requireNonNull(traceparent);
        }
    }
}
