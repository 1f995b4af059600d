package dev.stockade.operator.attestation;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import io.fabric8.kubernetes.client.KubernetesClientException;

/** No certificate, and why; the message is one sentence for the sidecar's log and for people. */
public final class Refusal extends Exception {
    private static final long serialVersionUID = 1;

    private final Reason reason;
    private final String identity;

    public Refusal(Reason reason, String sentence) {
        super(sentence);
        this.reason = requireNonNull(reason);
        this.identity = "";
    }

    public Refusal(Reason reason, String sentence, Throwable cause) {
        super(sentence, cause);
        this.reason = requireNonNull(reason);
        this.identity = "";
    }

    /** @param identity the one that is withheld */
    public Refusal(Reason reason, String sentence, SpiffeId identity) {
        super(sentence);
        this.reason = requireNonNull(reason);
        this.identity = identity.uri();
    }

    /** @param what could not be done, as the beginning of a sentence */
    static Refusal ofApiServer(String what, KubernetesClientException e) {
        String answer = e.getCode() > 0 ? e.getCode() + " from the API server" : "no answer from the API server";
        return new Refusal(Reason.API_SERVER, what + " now (" + answer + "). Ask again.", e);
    }

    public Reason reason() {
        return reason;
    }

    /** The SPIFFE ID that is withheld; empty where it did not come to that. */
    public String identity() {
        return identity;
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

    /** Why; the label of the metric, and the reason in the audit line. */
    public enum Reason {
        NO_TOKEN("no_token", Answer.UNAUTHENTICATED),
        /** It was made for somebody else. */
        OTHER_AUDIENCE("other_audience", Answer.UNAUTHENTICATED),
        TOKEN_EXPIRED("token_expired", Answer.UNAUTHENTICATED),
        /** It was good; its pod or its service account has been deleted since. */
        TOKEN_INVALIDATED("token_invalidated", Answer.UNAUTHENTICATED),
        /** It is not one of this cluster's. */
        TOKEN_REJECTED("token_rejected", Answer.UNAUTHENTICATED),
        NOT_A_PODS_TOKEN("not_a_pods_token", Answer.DENIED),
        POD_GONE("pod_gone", Answer.DENIED),
        POD_TERMINATING("pod_terminating", Answer.DENIED),
        OTHER_ADDRESS("other_address", Answer.DENIED),
        NOT_INJECTED("not_injected", Answer.DENIED),
        SUSPENDED("suspended", Answer.DENIED),
        /** The pod's sidecar holds a certificate, and the request shows none. */
        SECOND_HOLDER("second_holder", Answer.DENIED),
        /** It seems so, but only the replica that leads can tell. */
        HOLDER_UNKNOWN("holder_unknown", Answer.UNAVAILABLE),
        /** The certificate that the request shows is another pod's than its token. */
        OTHER_POD("other_pod", Answer.DENIED),
        /** The labels would do, but came after admission. */
        RELABELLED("relabelled", Answer.WAIT),
        /** The labels would do, but the resource names another service account. */
        OTHER_SERVICE_ACCOUNT("other_service_account", Answer.WAIT),
        SERVICE_ACCOUNT_GONE("service_account_gone", Answer.WAIT),
        NOT_IN_MESH("not_in_mesh", Answer.WAIT),
        NOTHING_SELECTS("nothing_selects", Answer.WAIT),
        /** The pod has an identity, and a certificate was asked for the other kind only. */
        NOT_HELD("not_held", Answer.WAIT),
        BAD_REQUEST("bad_request", Answer.INVALID),
        NO_ADDRESS_YET("no_address_yet", Answer.UNAVAILABLE),
        API_SERVER("api_server", Answer.UNAVAILABLE),
        /** Many ask at once: asked again at the usual pace, they would be as many. */
        BUSY("busy", Answer.EXHAUSTED),
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
