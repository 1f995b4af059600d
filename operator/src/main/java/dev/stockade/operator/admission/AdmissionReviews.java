package dev.stockade.operator.admission;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.Optional;

/** {@code admission.k8s.io/v1 AdmissionReview}: the bytes to a request, a verdict to bytes. */
final class AdmissionReviews {
    private static final String API_VERSION = "admission.k8s.io/v1";
    private static final int DEEPEST = 200;
    /** Each becomes an object of its own: 8 MiB of "[],[],..." would be hundreds of megabytes. */
    private static final int MOST_TOKENS = 500_000;

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    static {
        JSON.getFactory()
                .setStreamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(DEEPEST)
                        .maxTokenCount(MOST_TOKENS)
                        .build());
    }

    private AdmissionReviews() {}

    /** @throws IllegalArgumentException with one sentence, if the bytes are not such a review */
    static AdmissionRequest read(byte[] body) {
        JsonNode review;
        try {
            review = JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("The body cannot be read as JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
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

    /** The request as another replica reads it. */
    static byte[] write(AdmissionRequest request) {
        ObjectNode review = JSON.createObjectNode();
        review.put("apiVersion", API_VERSION).put("kind", "AdmissionReview");
        ObjectNode written = review.putObject("request")
                .put("uid", request.uid())
                .put("operation", request.operation())
                .put("subResource", request.subResource())
                .put("namespace", request.namespace());
        written.putObject("kind").put("kind", request.kind());
        request.object().ifPresent(object -> written.set("object", object));
        request.oldObject().ifPresent(object -> written.set("oldObject", object));
        return bytes(review);
    }

    /** Whether the bytes are the answer to the request of this uid, and let the object be as it is. */
    static boolean allows(String uid, byte[] body) {
        try {
            JsonNode response = JSON.readTree(body).path("response");
            return uid.equals(response.path("uid").asText())
                    && response.path("allowed").isBoolean()
                    && response.path("allowed").asBoolean()
                    && !response.has("patch");
        } catch (IOException e) {
            return false;
        }
    }

    static byte[] write(String uid, Verdict verdict) {
        ObjectNode review = JSON.createObjectNode();
        review.put("apiVersion", API_VERSION).put("kind", "AdmissionReview");
        ObjectNode response = review.putObject("response").put("uid", uid);
        response.put("allowed", !(verdict instanceof Verdict.Denied));
        switch (verdict) {
            case Verdict.Allowed _ -> {}
            case Verdict.Patched(JsonNode patch) ->
                response.put("patchType", "JSONPatch")
                        .put("patch", Base64.getEncoder().encodeToString(bytes(patch)));
            case Verdict.Denied(String sentence) ->
                response.putObject("status")
                        .put("code", 403)
                        .put("reason", "Forbidden")
                        .put("message", sentence);
        }
        return bytes(review);
    }

    private static byte[] bytes(JsonNode node) {
        try {
            return JSON.writeValueAsBytes(node);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
