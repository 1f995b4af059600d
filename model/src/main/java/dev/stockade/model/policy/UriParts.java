package dev.stockade.model.policy;

import java.util.Locale;

/**
 * A URI, taken apart as browsers do it (RFC 3986 appendix B, and WHATWG URL for the schemes that it calls special).
 *
 * @param scheme in lower case; "" if there is none
 * @param hasAuthority whether there is one, be it empty
 * @param authority in lower case as far as it is ASCII
 * @param queryAndFragment with their marks
 */
record UriParts(String scheme, boolean hasAuthority, String authority, String path, String queryAndFragment) {
    static UriParts of(String uri) {
        int colon = schemeEnd(uri);
        int at = colon + 1;
        int end = pathEnd(uri, at);
        String scheme = uri.substring(0, Math.max(0, colon)).toLowerCase(Locale.ROOT);
        int slashes = 0;
        while (at + slashes < end && uri.charAt(at + slashes) == '/') {
            slashes++;
        }
        boolean hasAuthority;
        if (scheme.equals("file")) {
            // file:/x and file:x are file:///x; file://host/x keeps its host; further slashes are the path's.
            hasAuthority = slashes == 2;
            at += slashes >= 2 ? 2 : 0;
        } else if (isSpecial(scheme)) {
            hasAuthority = true;
            at += slashes;
        } else {
            hasAuthority = slashes >= 2;
            at += hasAuthority ? 2 : 0;
        }
        int path = at;
        if (hasAuthority) {
            int slash = uri.indexOf('/', at);
            path = slash >= 0 && slash < end ? slash : end;
        }
        return new UriParts(
                scheme, hasAuthority, lower(uri.substring(at, path)), uri.substring(path, end), uri.substring(end));
    }

    boolean hasScheme() {
        return !scheme.isEmpty();
    }

    /** Whether a colon stands where only a scheme may end (RFC 3986 section 4.2), unless a template's variable comes before it. */
    boolean looksLikeScheme() {
        int slash = path.indexOf('/');
        String first = slash < 0 ? path : path.substring(0, slash);
        int colon = first.indexOf(':');
        int brace = first.indexOf('{');
        return !hasAuthority && colon >= 0 && (brace < 0 || brace > colon);
    }

    /** Whether browsers read it in a way of their own. */
    boolean special() {
        return isSpecial(scheme);
    }

    private static boolean isSpecial(String scheme) {
        return switch (scheme) {
            case "http", "https", "ws", "wss", "ftp", "file" -> true;
            default -> false;
        };
    }

    private static String lower(String text) {
        StringBuilder lower = new StringBuilder(text);
        for (int i = 0; i < lower.length(); i++) {
            char c = lower.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                lower.setCharAt(i, (char) (c + 32));
            }
        }
        return lower.toString();
    }

    /** Where the scheme's colon is, or -1 if there is no scheme. */
    private static int schemeEnd(String uri) {
        for (int i = 0; i < uri.length(); i++) {
            char c = uri.charAt(i);
            if (c == ':') {
                return i > 0 ? i : -1;
            }
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'))) {
                return -1;
            }
        }
        return -1;
    }

    private static int pathEnd(String uri, int from) {
        for (int i = from; i < uri.length(); i++) {
            if (uri.charAt(i) == '?' || uri.charAt(i) == '#') {
                return i;
            }
        }
        return uri.length();
    }
}
