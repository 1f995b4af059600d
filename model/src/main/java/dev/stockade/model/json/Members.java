package dev.stockade.model.json;

import java.util.Arrays;
import java.util.List;

/**
 * The members that a reader wants to know of, as a tree of objects: where in the document each was found.
 *
 * <p>Usage: build one {@link Layout} for a kind of document, once; the scanner fills a {@code Members} of that layout.
 */
public final class Members {
    /** No such member in the document. */
    public static final byte ABSENT = 0;

    public static final byte OBJECT = 1;
    public static final byte ARRAY = 2;
    public static final byte STRING = 3;
    /** A number without fraction and exponent. */
    public static final byte INTEGER = 4;

    public static final byte NUMBER = 5;
    public static final byte TRUE = 6;
    public static final byte FALSE = 7;
    public static final byte NULL = 8;

    final Layout layout;
    final byte[] types;
    final int[] starts;
    final int[] ends;

    public Members(Layout layout) {
        this.layout = layout;
        types = new byte[layout.size];
        starts = new int[layout.size];
        ends = new int[layout.size];
    }

    void clear() {
        Arrays.fill(types, ABSENT);
    }

    public byte type(int member) {
        return types[member];
    }

    public boolean has(int member) {
        return types[member] != ABSENT;
    }

    /** The value's first byte, counted from the document's start. */
    public int start(int member) {
        return starts[member];
    }

    /** The byte after the value. */
    public int end(int member) {
        return ends[member];
    }

    /** The value's bytes, or nothing if it is absent. */
    public ByteRange range(int member) {
        return has(member) ? new ByteRange(starts[member], ends[member]) : ByteRange.NONE;
    }

    /** Which objects of a document are looked into, and for which keys. */
    public static final class Layout {
        final ObjectKeys root;
        final int size;

        /** @param size one more than the highest member number in the tree */
        public Layout(ObjectKeys root, int size) {
            this.root = root;
            this.size = size;
        }
    }

    /**
     * The wanted keys of one object.
     *
     * @param closed whether any other key is refused
     * @param folded whether keys that differ only in case are refused, from one another and from a wanted one
     */
    public record ObjectKeys(boolean closed, boolean folded, List<WantedKey> keys) {
        public ObjectKeys {
            keys = List.copyOf(keys);
        }
    }

    /**
     * One wanted key.
     *
     * @param member the number under which it is recorded
     * @param decides whether something depends on it: then {@link ObjectKeys#folded} refuses what differs from it only in case;
     *     else that is somebody's own key
     * @param inside the wanted keys of its value where that is an object; empty to look no further
     */
    public record WantedKey(String name, int member, boolean decides, List<ObjectKeys> inside) {
        public WantedKey {
            inside = List.copyOf(inside);
        }

        /** A key whose value is not looked into. */
        public static WantedKey leaf(String name, int member) {
            return new WantedKey(name, member, true, List.of());
        }

        /** The same, of which nothing depends. */
        public static WantedKey noted(String name, int member) {
            return new WantedKey(name, member, false, List.of());
        }

        /** A key whose value, if it is an object, is looked into. */
        public static WantedKey object(String name, int member, ObjectKeys inside) {
            return new WantedKey(name, member, true, List.of(inside));
        }
    }
}
