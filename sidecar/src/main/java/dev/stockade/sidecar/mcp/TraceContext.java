package dev.stockade.sidecar.mcp;

import java.util.List;

/**
 * The caller's trace, as W3C Trace Context has it (section 3.2, {@code traceparent}). MCP puts the same into a
 * message's {@code _meta}. Headers and {@code _meta} themselves pass unchanged: the mesh adds no span, and what it cannot read is
 * between the agent and the server.
 */
final class TraceContext {
    /** Version, trace id, parent id, flags: {@code 00-<32>-<16>-<2>} in lower-case hexadecimal digits. */
    private static final int LENGTH = 55;

    private static final String UNKNOWN_TRACE = "0".repeat(32);
    private static final String UNKNOWN_PARENT = "0".repeat(16);

    private TraceContext() {}

    /**
     * The trace's id for the audit log.
     *
     * @param traceparents every field of that name
     * @return 32 digits, or "" if there is no such field, more than one, or one that the standard says to ignore
     */
    static String traceId(List<String> traceparents) {
        if (traceparents.size() != 1) {
            return "";
        }
        String field = traceparents.getFirst().strip();
        return isValid(field) ? field.substring(3, 35) : "";
    }

    private static boolean isValid(String field) {
        if (field.length() < LENGTH || field.charAt(2) != '-' || field.charAt(35) != '-' || field.charAt(52) != '-') {
            return false;
        }
        if (!hexadecimal(field, 0, 2)
                || !hexadecimal(field, 3, 35)
                || !hexadecimal(field, 36, 52)
                || !hexadecimal(field, 53, 55)) {
            return false;
        }
        if (field.startsWith(UNKNOWN_TRACE, 3) || field.startsWith(UNKNOWN_PARENT, 36) || field.startsWith("ff")) {
            return false;
        }
        // A later version may have more to say behind another dash; the first has exactly this length.
        return field.length() == LENGTH || (!field.startsWith("00") && field.charAt(LENGTH) == '-');
    }

    private static boolean hexadecimal(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return false;
            }
        }
        return true;
    }
}
