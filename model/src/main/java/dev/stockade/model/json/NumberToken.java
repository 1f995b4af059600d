package dev.stockade.model.json;

/** Reads numbers (RFC 8259 section 6), and refuses those that are not finite as a double. */
final class NumberToken {
    /** A number of so many characters, of which at most two are digits of an exponent, is smaller than 10^299. */
    private static final int SURELY_FINITE = 200;

    private static final int SMALL_EXPONENT = 2;

    private final ByteCursor in;
    private final StringBuilder exact = new StringBuilder();

    NumberToken(ByteCursor in) {
        this.in = in;
    }

    /** Reads the number that starts here; whether it is one without fraction and exponent. */
    boolean isInteger() throws JsonRefusedException {
        int from = in.offset();
        boolean integer = true;
        boolean finite = true;
        exact.setLength(0);
        if (in.peek() == '-') {
            next();
        }
        if (in.peek() == '0') {
            next();
        } else {
            digits();
        }
        if (in.peek() == '.') {
            integer = false;
            next();
            digits();
        }
        if (in.peek() == 'e' || in.peek() == 'E') {
            integer = false;
            next();
            if (in.peek() == '+' || in.peek() == '-') {
                next();
            }
            int exponent = exact.length();
            digits();
            finite = exact.length() - exponent <= SMALL_EXPONENT;
        }
        if ((!finite || exact.length() > SURELY_FINITE) && Double.isInfinite(Double.parseDouble(exact.toString()))) {
            throw ByteCursor.refused(from, "a number is too large");
        }
        return integer;
    }

    private void digits() throws JsonRefusedException {
        int b = in.peek();
        if (b < '0' || b > '9') {
            throw in.refused("a digit was expected");
        }
        while (b >= '0' && b <= '9') {
            next();
            b = in.peek();
        }
    }

    private void next() throws JsonRefusedException {
        if (exact.length() >= StrictJson.LONGEST_NUMBER) {
            throw in.refused("a number has more than " + StrictJson.LONGEST_NUMBER + " characters");
        }
        exact.append((char) in.take());
    }
}
