package dev.stockade.operator.attestation;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.attestation.Refusal.Reason;
import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Asks the API server what a token proves, every time anew: a cached answer would outlive the pod. */
final class TokenReviewer {
    static final String AUDIENCE = "stockade.dev";
    private static final String ACCOUNT_PREFIX = "system:serviceaccount:";
    private static final String POD_NAME = "authentication.kubernetes.io/pod-name";
    private static final String POD_UID = "authentication.kubernetes.io/pod-uid";

    /** What the API server says of a token whose pod or service account is gone, or has come again under its name. */
    private static final List<String> GONE =
            List.of("has been invalidated", "has been deleted", "not found", "does not match");

    private static final int LONGEST_ERROR = 300;

    private final KubernetesClient client;

    TokenReviewer(KubernetesClient client) {
        this.client = requireNonNull(client);
    }

    /** What the API server vouches for. */
    record Proof(String namespace, String serviceAccount, String podName, String podUid) {}

    Proof review(String token) throws Refusal {
        TokenReviewStatus status = ask(token);
        if (!Boolean.TRUE.equals(status.getAuthenticated())
                || status.getAudiences() == null
                || !status.getAudiences().contains(AUDIENCE)) {
            throw rejected(Optional.ofNullable(status.getError()).orElse(""));
        }
        Map<String, List<String>> extra = status.getUser().getExtra();
        String user = Optional.ofNullable(status.getUser().getUsername()).orElse("");
        String[] account = user.startsWith(ACCOUNT_PREFIX)
                ? user.substring(ACCOUNT_PREFIX.length()).split(":", -1)
                : new String[0];
        Optional<String> podName = single(extra, POD_NAME);
        Optional<String> podUid = single(extra, POD_UID);
        if (account.length != 2 || podName.isEmpty() || podUid.isEmpty()) {
            throw new Refusal(
                    Reason.NOT_A_PODS_TOKEN,
                    "The token of " + user + " is not bound to a pod. Use a projected serviceAccountToken volume.");
        }
        return new Proof(account[0], account[1], podName.get(), podUid.get());
    }

    /** It is rejected in any case; what the API server says of it only chooses the word. */
    private static Refusal rejected(String error) {
        Reason reason = Reason.TOKEN_REJECTED;
        if (error.contains("has expired")) {
            reason = Reason.TOKEN_EXPIRED;
        } else if (error.contains("for the target audiences")) {
            reason = Reason.OTHER_AUDIENCE;
        } else if (GONE.stream().anyMatch(error::contains)) {
            reason = Reason.TOKEN_INVALIDATED;
        }
        return new Refusal(
                reason,
                "The API server does not accept the token for audience " + AUDIENCE
                        + (error.isEmpty() ? "" : " (" + shortened(error) + ")")
                        + ". Send the current content of the projected token.");
    }

    private static String shortened(String error) {
        return error.length() <= LONGEST_ERROR ? error : error.substring(0, LONGEST_ERROR) + "...";
    }

    private TokenReviewStatus ask(String token) throws Refusal {
        TokenReview question = new TokenReviewBuilder()
                .withNewSpec()
                .withToken(token)
                .withAudiences(AUDIENCE)
                .endSpec()
                .build();
        try {
            TokenReview answer = client.resource(question).create();
            if (answer == null || answer.getStatus() == null) {
                throw new Refusal(Reason.API_SERVER, "The API server gave no answer to a token review. Ask again.");
            }
            return answer.getStatus();
        } catch (KubernetesClientException e) {
            throw Refusal.ofApiServer("The token cannot be reviewed", e);
        }
    }

    private static Optional<String> single(@Nullable Map<String, List<String>> extra, String key) {
        List<String> values = extra == null ? null : extra.get(key);
        return values != null && values.size() == 1 ? Optional.of(values.getFirst()) : Optional.empty();
    }
}
