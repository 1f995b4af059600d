package dev.stockade.model.policy;

import static java.util.Objects.requireNonNull;

/**
 * A literal, or a literal with {@code *} for any run of characters, the empty one included. There is no escape: a name that
 * holds a star is matched by the star.
 */
public record NamePattern(String text) {
    public NamePattern {
        requireNonNull(text);
    }

    /** Whether the whole name matches. Takes time linear in the name for each star, and never backtracks further. */
    public boolean matches(String name) {
        int p = 0;
        int n = 0;
        int star = -1;
        int mark = 0;
        while (n < name.length()) {
            if (p < text.length() && text.charAt(p) == '*') {
                star = p++;
                mark = n;
            } else if (p < text.length() && text.charAt(p) == name.charAt(n)) {
                p++;
                n++;
            } else if (star >= 0) {
                p = star + 1;
                n = ++mark;
            } else {
                return false;
            }
        }
        while (p < text.length() && text.charAt(p) == '*') {
            p++;
        }
        return p == text.length();
    }
}
