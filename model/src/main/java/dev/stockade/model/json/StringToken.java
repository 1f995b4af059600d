package dev.stockade.model.json;

/** Reads the inside of strings: escapes (RFC 8259 section 7) and UTF-8 (RFC 3629), and refuses what is neither. */
final class StringToken {
    static final String CONTROL = "a control character stands unescaped in a string";

    private final ByteCursor in;
    private final boolean halvesPass;

    /** @param halvesPass whether an escape may be half of a surrogate pair; it then means U+FFFD */
    StringToken(ByteCursor in, boolean halvesPass) {
        this.in = in;
        this.halvesPass = halvesPass;
    }

    /** Goes from the byte after the opening quote to the byte after the closing one. */
    void skip() throws JsonRefusedException {
        while (true) {
            byte[] w = in.window;
            int end = in.limit;
            int i = in.at;
            while (i < end) {
                byte b = w[i];
                if (b < 0x20 || b == '"' || b == '\\') {
                    break;
                }
                i++;
            }
            in.at = i;
            int b = in.take();
            if (b == '"') {
                return;
            }
            if (b == '\\') {
                escape();
            } else if (b < 0x20) {
                throw in.refused(CONTROL);
            } else if (b >= 0x80) {
                utf8(b);
            }
        }
    }

    /** After a backslash: the character that is meant; a pair of surrogates is one. */
    int escape() throws JsonRefusedException {
        int b = in.take();
        return switch (b) {
            case '"', '\\', '/' -> b;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicode();
            default -> throw in.refused("no such escape");
        };
    }

    private int unicode() throws JsonRefusedException {
        int unit = hex4();
        if (!Character.isSurrogate((char) unit)) {
            return unit;
        }
        if (Character.isHighSurrogate((char) unit) && in.peek() == '\\') {
            in.at++;
            int b = in.take();
            if (b == 'u') {
                int low = hex4();
                if (Character.isLowSurrogate((char) low)) {
                    return Character.toCodePoint((char) unit, (char) low);
                }
            }
            if (halvesPass) {
                // The half is lost, and what follows it is an escape of its own, known to be complete or checked here.
                if (b != 'u' && "\"\\/bfnrt".indexOf(b) < 0) {
                    throw in.refused("no such escape");
                }
                return 0xfffd;
            }
        }
        if (halvesPass) {
            return 0xfffd;
        }
        throw in.refused("half of a surrogate pair stands alone");
    }

    private int hex4() throws JsonRefusedException {
        int unit = 0;
        for (int i = 0; i < 4; i++) {
            int b = in.take();
            int digit = b >= '0' && b <= '9'
                    ? b - '0'
                    : b >= 'a' && b <= 'f' ? b - 'a' + 10 : b >= 'A' && b <= 'F' ? b - 'A' + 10 : -1;
            if (digit < 0) {
                throw in.refused("no such escape");
            }
            unit = (unit << 4) | digit;
        }
        return unit;
    }

    /** The code point that starts with this byte (RFC 3629: shortest form, no surrogates, at most U+10FFFF). */
    int utf8(int lead) throws JsonRefusedException {
        int more =
                lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 0;
        int c = more == 1 ? lead & 0x1f : more == 2 ? lead & 0xf : lead & 7;
        for (int i = 0; i < more; i++) {
            int b = in.take();
            if ((b & 0xc0) != 0x80) {
                throw in.refused("the text is not UTF-8");
            }
            c = (c << 6) | (b & 0x3f);
        }
        if (more == 0
                || (more == 2 && (c < 0x800 || (c >= 0xd800 && c < 0xe000)))
                || (more == 3 && (c < 0x10000 || c > 0x10ffff))) {
            throw in.refused("the text is not UTF-8");
        }
        return c;
    }
}
