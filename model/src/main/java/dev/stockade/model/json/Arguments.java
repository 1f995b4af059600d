package dev.stockade.model.json;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of one message as values. They are read when somebody asks first, and then once: most messages meet no
 * condition. Used by one thread, while the message's bytes are there.
 */
public final class Arguments {
    private final ByteBuffer document;
    private final ByteRange range;
    private @Nullable Reading reading;

    /** What reading came to. */
    public sealed interface Reading {
        /**
         * @param values maps of {@link String} and lists of: {@link String}, {@link LongText}, {@link Long}, {@link Double},
         *     {@link Boolean}, {@link JsonNull}, maps and lists
         */
        record Values(Map<String, Object> values) implements Reading {
            public Values {
                requireNonNull(values);
            }
        }

        /**
         * Two programs could read them differently.
         *
         * @param sentence why, for the sender; quotes nothing of the message
         */
        record Refused(String sentence) implements Reading {
            public Refused {
                requireNonNull(sentence);
            }
        }

        /** They hold more values than conditions may look into. */
        record TooMany() implements Reading {}
    }

    /** @param range where they lie in a document that {@link StrictJson} has accepted; empty if there are none */
    public Arguments(ByteBuffer document, ByteRange range) {
        this.document = requireNonNull(document);
        this.range = requireNonNull(range);
    }

    private Arguments(Map<String, Object> values) {
        this(ByteBuffer.allocate(0), ByteRange.NONE);
        reading = new Reading.Values(values);
    }

    /** No arguments: the same as an empty object. */
    public static Arguments none() {
        return new Arguments(Map.of());
    }

    /** What stands for the arguments of a resource. */
    public static Arguments uri(String uri) {
        return new Arguments(Map.of("uri", uri));
    }

    /**
     * Of a text.
     *
     * @throws JsonRefusedException if it is not one JSON object, strictly read
     */
    public static Arguments of(String json) throws JsonRefusedException {
        ByteBuffer document = ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8));
        Members nothing = new Members(new Members.Layout(new Members.ObjectKeys(false, false, java.util.List.of()), 0));
        new StrictJson(StrictJson.Sender.AGENT, 0).read(document, nothing);
        return new Arguments(document, new ByteRange(0, document.remaining()));
    }

    /** Reads them, the first time. */
    public Reading reading() {
        Reading known = reading;
        if (known == null) {
            known = range.isEmpty() ? new Reading.Values(Map.of()) : JsonValues.read(document, range);
            reading = known;
        }
        return known;
    }
}
