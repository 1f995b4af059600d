package dev.stockade.operator.attestation;

import static java.util.Objects.requireNonNull;

/** No certificate, and why; the message is one sentence for the sidecar's log and for people. */
public final class Refusal extends Exception {
    private static final long serialVersionUID = 1;

    private final Reason reason;

    public Refusal(Reason reason, String sentence) {
        super(sentence);
        this.reason = requireNonNull(reason);
    }

    public Refusal(Reason reason, String sentence, Throwable cause) {
        super(sentence, cause);
        this.reason = requireNonNull(reason);
    }

    public Reason reason() {
        return reason;
    }

    /** Never null: every refusal is made with a sentence. */
    public String sentence() {
        return requireNonNull(getMessage());
    }

    /** What a refusal comes to for the one who asks. */
    public enum Answer {
        /** The token is no proof of anything. */
        UNAUTHENTICATED,
        /** The token is good, and still no. */
        DENIED,
        /** Ask again when the cluster's resources have changed. */
        WAIT,
        /** The request itself is wrong. */
        INVALID,
        /** Ask again soon. */
        UNAVAILABLE,
        /** Ask less often. */
        EXHAUSTED
    }

    /** Why; the label of the metric and of the log line. */
    public enum Reason {
        NO_TOKEN("no_token", Answer.UNAUTHENTICATED),
        TOKEN_REJECTED("token_rejected", Answer.UNAUTHENTICATED),
        NOT_A_PODS_TOKEN("not_a_pods_token", Answer.DENIED),
        POD_GONE("pod_gone", Answer.DENIED),
        POD_TERMINATING("pod_terminating", Answer.DENIED),
        OTHER_ADDRESS("other_address", Answer.DENIED),
        NOT_INJECTED("not_injected", Answer.DENIED),
        SUSPENDED("suspended", Answer.DENIED),
        NOTHING_SELECTS("nothing_selects", Answer.WAIT),
        BAD_REQUEST("bad_request", Answer.INVALID),
        NO_ADDRESS_YET("no_address_yet", Answer.UNAVAILABLE),
        API_SERVER("api_server", Answer.UNAVAILABLE),
        AUTHORITY("authority", Answer.UNAVAILABLE),
        TOO_OFTEN("too_often", Answer.EXHAUSTED);

        private final String word;
        private final Answer answer;

        Reason(String word, Answer answer) {
            this.word = word;
            this.answer = answer;
        }

        public String word() {
            return word;
        }

        public Answer answer() {
            return answer;
        }
    }
}
