package dev.stockade.model.policy;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * A literal, or a literal with {@code *} for any run of characters, the empty one included. There is no escape: a name that
 * holds a star is matched by the star.
 *
 * <p>Equal are patterns of the same text.
 */
public final class NamePattern {
    private final String text;
    /** The text in the normal form of URIs, once it was wanted; whoever makes it makes the same. */
    private @Nullable String normal;

    public NamePattern(String text) {
        this.text = requireNonNull(text);
    }

    /** As it stands in the rule. */
    public String text() {
        return text;
    }

    /** Whether the whole name matches. Takes time linear in the name for each star, and never backtracks further. */
    public boolean matches(String name) {
        return matches(text, name);
    }

    /**
     * Whether a URI matches the pattern, or the pattern's own normal form: who writes {@code HTTP://Example.com/*} means what
     * {@code http://example.com/*} means.
     *
     * @param uri in its normal form
     */
    boolean matchesNormal(String uri) {
        String pattern = normal;
        if (pattern == null) {
            pattern = ResourceUri.normalPattern(text);
            normal = pattern;
        }
        return matches(pattern, uri) || (!pattern.equals(text) && matches(text, uri));
    }

    private static boolean matches(String pattern, String name) {
        int p = 0;
        int n = 0;
        int star = -1;
        int mark = 0;
        while (n < name.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                mark = n;
            } else if (p < pattern.length() && pattern.charAt(p) == name.charAt(n)) {
                p++;
                n++;
            } else if (star >= 0) {
                p = star + 1;
                n = ++mark;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof NamePattern that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
