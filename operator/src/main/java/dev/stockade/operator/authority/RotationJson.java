package dev.stockade.operator.authority;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.stockade.operator.authority.Rotation.Cause;
import dev.stockade.operator.authority.Rotation.Change;
import dev.stockade.operator.authority.Rotation.Finished;
import dev.stockade.operator.authority.Rotation.Of;
import dev.stockade.operator.authority.Rotation.Step;
import java.security.GeneralSecurityException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;

/** The entry of the CA's Secret that remembers the rotation. */
final class RotationJson {
    private static final ObjectMapper JSON = new ObjectMapper();

    private RotationJson() {}

    static String write(Rotation rotation) {
        ObjectNode json = JSON.createObjectNode()
                .put("epoch", rotation.epoch())
                .put("step", rotation.step().word())
                .put("since", rotation.since().toString())
                .put("handled", rotation.handled())
                .put("rootSince", rotation.rootSince().toString());
        rotation.change().ifPresent(change -> json.set("change", write(change)));
        rotation.last()
                .ifPresent(last -> json.set(
                        "last", write(last.change()).put("finished", last.at().toString())));
        return json.toString();
    }

    private static ObjectNode write(Change change) {
        return JSON.createObjectNode()
                .put("of", change.of().word())
                .put("cause", change.cause().word())
                .put("request", change.request())
                .put("started", change.started().toString());
    }

    /** @throws GeneralSecurityException a sentence: what is not as it was written */
    static Rotation read(String text) throws GeneralSecurityException {
        try {
            JsonNode json = JSON.readTree(text);
            Optional<Change> change = json.has("change") ? Optional.of(change(json.path("change"))) : Optional.empty();
            Optional<Finished> last = json.has("last")
                    ? Optional.of(new Finished(change(json.path("last")), time(json.path("last"), "finished")))
                    : Optional.empty();
            Step step = word(json, "step", Step.values(), Step::word);
            if (!json.path("epoch").canConvertToLong() || json.path("epoch").asLong() < 1) {
                throw new IllegalArgumentException("epoch is not a positive number");
            }
            if ((step == Step.STABLE) == change.isPresent()) {
                throw new IllegalArgumentException(
                        "step is " + step.word() + ", and change is " + (change.isPresent() ? "there" : "missing"));
            }
            return new Rotation(
                    json.path("epoch").asLong(),
                    step,
                    change,
                    time(json, "since"),
                    json.path("handled").asText(),
                    time(json, "rootSince"),
                    last);
        } catch (JsonProcessingException e) {
            throw new GeneralSecurityException("entry " + CaEntries.ROTATION + " is not JSON");
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new GeneralSecurityException("entry " + CaEntries.ROTATION + ": " + e.getMessage());
        }
    }

    private static Change change(JsonNode json) {
        return new Change(
                word(json, "of", Of.values(), Of::word),
                word(json, "cause", Cause.values(), Cause::word),
                json.path("request").asText(),
                time(json, "started"));
    }

    private static <T> T word(JsonNode json, String field, T[] values, Function<T, String> words) {
        String word = json.path(field).asText();
        return Arrays.stream(values)
                .filter(value -> words.apply(value).equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(field + " '" + word + "' is not known"));
    }

    private static Instant time(JsonNode json, String field) {
        return Instant.parse(json.path(field).asText());
    }
}
