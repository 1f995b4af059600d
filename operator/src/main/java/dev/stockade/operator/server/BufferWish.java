package dev.stockade.operator.server;

import dev.stockade.crds.server.Limits;
import dev.stockade.operator.status.Finding;

/** What a sidecar makes of {@code limits.bufferBytes}. Pure. */
final class BufferWish {
    /**
     * What a sidecar uses at the most, in bytes: half of the direct memory that its image gives it. A property of the release, whatever
     * the container's limit is.
     */
    static final long MOST = 40L << 20;

    private BufferWish() {}

    /** The same finding, which also says if less is used than was wished for. */
    static Finding named(Limits limits, Finding enforced) {
        if (limits.bufferSize() <= MOST) {
            return enforced;
        }
        String sentence = "limits.bufferBytes is " + limits.bufferBytes() + ", and each sidecar uses " + (MOST >> 20)
                + "Mi of it: half of its direct memory. Set at most " + (MOST >> 20) + "Mi.";
        if (enforced.message().contains(sentence)) {
            // A new leader leaves what was published.
            return enforced;
        }
        return enforced.also(sentence);
    }
}
