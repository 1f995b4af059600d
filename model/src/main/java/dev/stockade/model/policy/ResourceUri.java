package dev.stockade.model.policy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;

/**
 * URIs and URI templates as rules compare them. One that two readers could take for two resources is refused; of the rest, one
 * normal form is made, in which those are equal that servers take for one resource.
 *
 * <p>The normal form follows RFC 3986 section 6.2.2, the parsers of browsers (WHATWG URL), and what servers do that decode a path
 * before they use it. docs/mcp.md describes it for those who write rules:
 *
 * <ul>
 *   <li>scheme and host in lower case, no empty port and no leading zeros in one;
 *   <li>whatever need not be percent-encoded is not (in a path, query or fragment that is all but
 *       <code>/ ? # % [ ] *</code>), and whatever must be is, as UTF-8, in upper case;
 *   <li>for the schemes that browsers treat specially, any number of slashes after the scheme as two, no default port, and an
 *       empty path as a slash; for {@code file}, no host {@code localhost} and no empty segments.
 * </ul>
 */
public final class ResourceUri {
    private static final String UNRESERVED = "-_~";
    private static final String NEEDS_NO_ENCODING = UNRESERVED + "!$&'()+,;=:@{}";
    private static final String NEEDS_ENCODING = " \"<>^`|";

    private ResourceUri() {}

    /** Why the URI (or the URI template) is refused, or empty. */
    public static Optional<String> fault(String uri) {
        Optional<String> fault = faultAsItIs(uri);
        if (fault.isPresent()) {
            return fault;
        }
        // What a percent sign hides from the first look.
        String normal = normal(uri);
        return normal.equals(uri) ? Optional.empty() : faultAsItIs(normal);
    }

    private static Optional<String> faultAsItIs(String uri) {
        if (uri.isEmpty()) {
            return Optional.of("it is empty");
        }
        if (isSpace(uri.charAt(0)) || isSpace(uri.charAt(uri.length() - 1))) {
            return Optional.of("it starts or ends with a space");
        }
        for (int i = 0; i < uri.length(); i++) {
            char c = uri.charAt(i);
            if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
                return Optional.of("it holds a control character");
            }
            if (c == '\\') {
                return Optional.of("it holds a backslash");
            }
            if (Character.isSurrogate(c)) {
                if (!Character.isSurrogatePair(c, i + 1 < uri.length() ? uri.charAt(i + 1) : ' ')) {
                    return Optional.of("it holds half of a surrogate pair");
                }
                i++;
            }
        }
        return PercentEncoding.fault(uri).or(() -> structureFault(UriParts.of(uri)));
    }

    private static boolean isSpace(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c);
    }

    private static Optional<String> structureFault(UriParts parts) {
        if (!parts.hasScheme() && parts.looksLikeScheme()) {
            return Optional.of("it holds a colon without a scheme before it");
        }
        if (parts.authority().indexOf('@') >= 0) {
            return Optional.of("it holds user information");
        }
        // The authority too: a server may cut off no more than the scheme.
        if (hasDotSegment(parts.authority()) || hasDotSegment(parts.path())) {
            return Optional.of("it holds a dot segment");
        }
        return parts.special() ? UriHost.fault(parts.scheme(), normalAuthority(parts)) : Optional.empty();
    }

    private static boolean hasDotSegment(String path) {
        for (String segment : path.split("/", -1)) {
            int parameters = segment.indexOf(';');
            String name = parameters < 0 ? segment : segment.substring(0, parameters);
            if (name.equals(".") || name.equals("..")) {
                return true;
            }
        }
        return false;
    }

    /** The normal form of a URI without fault. */
    public static String normal(String uri) {
        return normal(uri, false);
    }

    /** The normal form of a pattern: where a star ends the host, the path stays open. */
    static String normalPattern(String pattern) {
        return normal(pattern, true);
    }

    private static String normal(String uri, boolean pattern) {
        UriParts parts = UriParts.of(uri);
        StringBuilder text = new StringBuilder(uri.length() + 8);
        if (parts.hasScheme()) {
            text.append(parts.scheme()).append(':');
        }
        if (parts.special() || parts.hasAuthority()) {
            text.append("//").append(normalAuthority(parts));
        }
        boolean open = pattern && parts.path().isEmpty() && parts.authority().endsWith("*");
        if (parts.special() && !parts.path().startsWith("/") && !open) {
            text.append('/');
        }
        boolean file = parts.scheme().equals("file");
        appendRest(parts.path(), parts.hasScheme(), file, text);
        appendRest(parts.queryAndFragment(), parts.hasScheme(), false, text);
        return text.toString();
    }

    private static String normalAuthority(UriParts parts) {
        String authority = parts.authority();
        StringBuilder text = new StringBuilder(authority.length());
        int at = 0;
        while (at < authority.length()) {
            int octet = PercentEncoding.octet(authority, at);
            if (octet >= 0 && isPlain((char) octet, UNRESERVED)) {
                text.append(Character.toLowerCase((char) octet));
                at += 3;
            } else if (octet >= 0) {
                text.append(authority.substring(at, at + 3).toUpperCase(Locale.ROOT));
                at += 3;
            } else {
                at = appendCharacter(authority, at, text);
            }
        }
        return UriHost.withSimplePort(parts.scheme(), text.toString());
    }

    private static void appendRest(String rest, boolean colons, boolean oneSlash, StringBuilder text) {
        int at = 0;
        while (at < rest.length()) {
            int octet = PercentEncoding.octet(rest, at);
            // A decoded colon must not make a scheme where there was none.
            if (octet >= 0 && isPlain((char) octet, NEEDS_NO_ENCODING) && (octet != ':' || colons)) {
                text.append((char) octet);
                at += 3;
            } else if (octet >= 0) {
                text.append(rest.substring(at, at + 3).toUpperCase(Locale.ROOT));
                at += 3;
            } else if (oneSlash && rest.charAt(at) == '/' && text.charAt(text.length() - 1) == '/' && at > 0) {
                at++;
            } else {
                at = appendCharacter(rest, at, text);
            }
        }
    }

    private static int appendCharacter(String from, int at, StringBuilder text) {
        int c = from.codePointAt(at);
        if (c >= 0x80 || NEEDS_ENCODING.indexOf(c) >= 0) {
            for (byte b : Character.toString(c).getBytes(UTF_8)) {
                text.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
            }
        } else {
            text.append((char) c);
        }
        return at + Character.charCount(c);
    }

    private static boolean isPlain(char c, String others) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || others.indexOf(c) >= 0;
    }
}
