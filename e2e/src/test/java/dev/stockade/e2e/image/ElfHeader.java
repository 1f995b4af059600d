package dev.stockade.e2e.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** As much of the format of Linux's programs and libraries (ELF, 64 bit) as tells one from the other. */
final class ElfHeader {
    private static final int MAGIC = 0x7f454c46;
    private static final int CLASS_64 = 2;
    private static final int FIXED_ADDRESS = 2;
    private static final int NEEDS_LOADER = 3;
    private static final int HEADER_BYTES = 64;

    private ElfHeader() {}

    /** Whether it can be started: it lies at a fixed address, or names the loader that it needs. A library does neither. */
    static boolean isProgram(byte[] content) {
        if (content.length < HEADER_BYTES || ByteBuffer.wrap(content).getInt() != MAGIC) {
            return false;
        }
        if (content[4] != CLASS_64) {
            return true; // nothing of ours has 32 bits
        }
        ByteBuffer header =
                ByteBuffer.wrap(content).order(content[5] == 1 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        if (header.getShort(16) == FIXED_ADDRESS) {
            return true;
        }
        long table = header.getLong(32);
        int size = Short.toUnsignedInt(header.getShort(54));
        int number = Short.toUnsignedInt(header.getShort(56));
        for (int i = 0; i < number; i++) {
            long at = table + (long) i * size;
            if (at < 0 || at + 4 > content.length) {
                return false;
            }
            if (header.getInt((int) at) == NEEDS_LOADER) {
                return true;
            }
        }
        return false;
    }
}
