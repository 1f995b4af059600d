package dev.stockade.model.json;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A text of more than {@value #FROM} bytes, which stays where it is until somebody looks into it. */
public final class LongText {
    /** In bytes, as it stands in the document. */
    static final int FROM = 1024;

    private final ByteBuffer document;
    private final ByteRange range;
    private @Nullable String text;

    /** @param range with the quotes */
    LongText(ByteBuffer document, ByteRange range) {
        this.document = requireNonNull(document);
        this.range = requireNonNull(range);
    }

    /** How many bytes it has in the document: at least as many as it has characters. */
    public int bytes() {
        return range.length();
    }

    /** Decodes it, the first time. */
    public String text() {
        String known = text;
        if (known == null) {
            known = JsonPieces.text(document, range);
            text = known;
        }
        return known;
    }
}
