package dev.stockade.sidecar.mcp;

import dev.stockade.model.json.ByteRange;
import dev.stockade.model.mcp.HandedOut;
import dev.stockade.model.mcp.ListFilter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Takes ranges out of a buffer, and puts text in. */
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

    /** The buffer without those ranges, in place of which nothing stands; takes it over, and copies none of it. */
    static ByteBuf without(ByteBuf whole, List<ListFilter.Cut> cuts) {
        if (cuts.isEmpty()) {
            return whole;
        }
        CompositeByteBuf left = whole.alloc().compositeBuffer(cuts.size() + 1);
        int base = whole.readerIndex();
        int from = 0;
        for (ListFilter.Cut cut : cuts) {
            left.addComponent(true, whole.retainedSlice(base + from, cut.range().start() - from));
            from = cut.range().end();
        }
        left.addComponent(true, whole.retainedSlice(base + from, whole.readableBytes() - from));
        whole.release();
        return left;
    }

    /** The same places, in a document that is no longer than a buffer can be. */
    static List<ListFilter.Cut> of(List<HandedOut.Insert> inserts) {
        return inserts.stream()
                .map(i -> new ListFilter.Cut(new ByteRange((int) i.at(), (int) i.at()), i.text()))
                .toList();
    }
}
