package dev.stockade.operator.admission;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.Optional;

/** {@code admission.k8s.io/v1 AdmissionReview}: the bytes to a request, a verdict to bytes. */
final class AdmissionReviews {
    private static final String API_VERSION = "admission.k8s.io/v1";
    private static final int DEEPEST = 200;
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    static {
        JSON.getFactory()
                .setStreamReadConstraints(
                        StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build());
    }

    private AdmissionReviews() {}

    /** @throws IllegalArgumentException with one sentence, if the bytes are not such a review */
    static AdmissionRequest read(byte[] body) {
        JsonNode review;
        try {
            review = JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("The body is not JSON: " + e.getOriginalMessage(), e);
        } catch (java.io.IOException e) {
            throw new UncheckedIOException(e);
        }
        if (!API_VERSION.equals(review.path("apiVersion").asText())
                || !"AdmissionReview".equals(review.path("kind").asText())) {
            throw new IllegalArgumentException("The body is not an AdmissionReview of " + API_VERSION + ".");
        }
        JsonNode request = review.path("request");
        if (!request.path("uid").isTextual() || !request.path("operation").isTextual()) {
            throw new IllegalArgumentException("The AdmissionReview has no request with a uid and an operation.");
        }
        return new AdmissionRequest(
                request.path("uid").asText(),
                request.path("operation").asText(),
                request.path("kind").path("kind").asText(),
                request.path("subResource").asText(""),
                request.path("namespace").asText(""),
                object(request, "object"),
                object(request, "oldObject"));
    }

    private static Optional<JsonNode> object(JsonNode request, String field) {
        JsonNode node = request.path(field);
        return node.isObject() ? Optional.of(node) : Optional.empty();
    }

    static byte[] write(String uid, Verdict verdict) {
        ObjectNode review = JSON.createObjectNode();
        review.put("apiVersion", API_VERSION).put("kind", "AdmissionReview");
        ObjectNode response = review.putObject("response").put("uid", uid);
        response.put("allowed", !(verdict instanceof Verdict.Denied));
        try {
            switch (verdict) {
                case Verdict.Allowed allowed -> {}
                case Verdict.Patched(JsonNode patch) ->
                    response.put("patchType", "JSONPatch")
                            .put("patch", Base64.getEncoder().encodeToString(JSON.writeValueAsBytes(patch)));
                case Verdict.Denied(String sentence) ->
                    response.putObject("status")
                            .put("code", 403)
                            .put("reason", "Forbidden")
                            .put("message", sentence);
            }
            return JSON.writeValueAsBytes(review);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
