package dev.stockade.sidecar.mcp;

import dev.stockade.model.mcp.ListFilter;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Takes ranges out of a buffer. */
final class Cuts {
    private Cuts() {}

    /** A buffer of its own with the cuts made, or the same one, retained, where there is nothing to cut. */
    static ByteBuf apply(ByteBuf whole, List<ListFilter.Cut> cuts) {
        if (cuts.isEmpty()) {
            return whole.retainedDuplicate();
        }
        ByteBuf left = whole.alloc().buffer(whole.readableBytes() + 32 * cuts.size());
        int from = 0;
        for (ListFilter.Cut cut : cuts) {
            left.writeBytes(whole, whole.readerIndex() + from, cut.range().start() - from);
            left.writeCharSequence(cut.replacement(), StandardCharsets.US_ASCII);
            from = cut.range().end();
        }
        left.writeBytes(whole, whole.readerIndex() + from, whole.readableBytes() - from);
        return left;
    }
}
