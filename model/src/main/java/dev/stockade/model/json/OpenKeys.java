package dev.stockade.model.json;

import java.util.Arrays;

/**
 * The keys of all objects that are open while a document is scanned, as 64-bit hashes; finds a key that appears twice in one
 * object in constant time.
 *
 * <p>Two different keys with the same hash would be taken for a duplicate. The seed makes that a matter of chance (one in
 * 2^64 a pair), and its only effect would be a refusal.
 */
final class OpenKeys {
    private static final int INITIAL = 64;
    private static final int KEPT = 2048;

    private final long seed;
    private final int most;
    private long[] table = new long[INITIAL];
    /** The entries in the order of their insertion, and where each lies in the table. */
    private long[] entries = new long[INITIAL / 2];

    private int[] slots = new int[INITIAL / 2];
    private int count;

    OpenKeys(long seed, int most) {
        this.seed = seed;
        this.most = most;
    }

    /** Forgets everything, and memory that an unusual document took. */
    void clear() {
        if (table.length > KEPT) {
            table = new long[INITIAL];
            entries = new long[INITIAL / 2];
            slots = new int[INITIAL / 2];
        } else if (count > 0) {
            Arrays.fill(table, 0);
        }
        count = 0;
    }

    int mark() {
        return count;
    }

    /** Takes out everything that was added since the mark. Last in, first out leaves every other probe chain whole. */
    void release(int mark) {
        while (count > mark) {
            table[slots[--count]] = 0;
        }
    }

    /** Whether there is room for one more. */
    boolean full() {
        return count >= most;
    }

    /** Adds a key of the object with that serial number; false if the object has it. */
    boolean add(long hash, int object) {
        long entry = mix(hash ^ mix(object ^ seed));
        if (entry == 0) {
            entry = 1;
        }
        if (count == entries.length) {
            grow();
        }
        int mask = table.length - 1;
        int slot = (int) entry & mask;
        while (table[slot] != 0) {
            if (table[slot] == entry) {
                return false;
            }
            slot = (slot + 1) & mask;
        }
        table[slot] = entry;
        entries[count] = entry;
        slots[count++] = slot;
        return true;
    }

    private void grow() {
        table = new long[table.length * 2];
        entries = Arrays.copyOf(entries, table.length / 2);
        slots = Arrays.copyOf(slots, table.length / 2);
        int mask = table.length - 1;
        for (int i = 0; i < count; i++) {
            int slot = (int) entries[i] & mask;
            while (table[slot] != 0) {
                slot = (slot + 1) & mask;
            }
            table[slot] = entries[i];
            slots[i] = slot;
        }
    }

    private static long mix(long value) {
        long h = value;
        h = (h ^ (h >>> 33)) * 0xff51afd7ed558ccdL;
        h = (h ^ (h >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return h ^ (h >>> 33);
    }
}
