package dev.stockade.model.json;

/** Reads keys: a hash of the whole key, and as much of its text as any wanted key has. */
final class KeyToken {
    /** The longest key that anyone looks for. */
    private static final int LONGEST = 64;

    private final ByteCursor in;
    private final StringToken strings;
    private final char[] text = new char[LONGEST];
    private int length;
    private long hash;
    private boolean nul;

    KeyToken(ByteCursor in, StringToken strings) {
        this.in = in;
        this.strings = strings;
    }

    /**
     * Goes from the byte after the opening quote to the byte after the closing one.
     *
     * @param folded whether keys that differ only in case get the same hash
     */
    void read(boolean folded) throws JsonRefusedException {
        length = 0;
        hash = 0xcbf29ce484222325L;
        nul = false;
        while (true) {
            int b = in.take();
            if (b == '"') {
                return;
            }
            int c = b;
            if (b == '\\') {
                c = strings.escape();
                nul |= c == 0;
            } else if (b < 0x20) {
                throw in.refused(StringToken.CONTROL);
            } else if (b >= 0x80) {
                c = strings.utf8(b);
            }
            if (c >= Character.MIN_SUPPLEMENTARY_CODE_POINT) {
                unit(Character.highSurrogate(c), folded);
                unit(Character.lowSurrogate(c), folded);
            } else {
                unit((char) c, folded);
            }
        }
    }

    private void unit(char c, boolean folded) {
        if (length < LONGEST) {
            text[length] = c;
        }
        length++;
        hash = (hash ^ (folded ? fold(c) : c)) * 0x100000001b3L;
    }

    long hash() {
        return hash;
    }

    boolean hasNul() {
        return nul;
    }

    /** Whether it is exactly this one, of at most {@value #LONGEST} characters. */
    boolean is(String name) {
        if (name.length() != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (text[i] != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Whether it is this one, or differs from it only in case. */
    boolean isButForCase(String name) {
        if (name.length() != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (text[i] != name.charAt(i) && fold(text[i]) != fold(name.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    /** Equal for keys that differ only in case. */
    static String folded(String key) {
        char[] units = key.toCharArray();
        for (int i = 0; i < units.length; i++) {
            units[i] = fold(units[i]);
        }
        return new String(units);
    }

    /** As Go's encoding/json folds: the long s is an s, the Kelvin sign a k. */
    private static char fold(char c) {
        return c < 0x80 ? c >= 'A' && c <= 'Z' ? (char) (c + 32) : c : Character.toLowerCase(Character.toUpperCase(c));
    }
}
