package dev.stockade.model.mcp;

import java.util.Locale;
import java.util.Optional;

/**
 * URIs as rules compare them. A URI that two readers could take for two resources is refused; of the rest, one normal form is
 * made, and rules look at both the form that came and the normal one.
 *
 * <p>The normal form (RFC 3986 section 6.2.2, and what WHATWG URL parsers do besides): scheme and host in lower case;
 * percent-encoded letters, digits, hyphens and tildes decoded; other percent-encodings in upper case; a space as {@code %20};
 * for the schemes that browsers treat specially, any number of slashes after the scheme as two (three for {@code file}), no
 * default port, and an empty path as a slash.
 */
public final class ResourceUri {
    private ResourceUri() {}

    /** Why the URI (or the URI template) is refused, or empty. */
    public static Optional<String> fault(String uri) {
        if (uri.isEmpty()) {
            return Optional.of("it is empty");
        }
        if (uri.charAt(0) == ' ' || uri.charAt(uri.length() - 1) == ' ') {
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
            if (c == '%') {
                Optional<String> fault = encodedFault(uri, i);
                if (fault.isPresent()) {
                    return fault;
                }
            }
        }
        return structureFault(uri);
    }

    private static Optional<String> encodedFault(String uri, int percent) {
        int value = octet(uri, percent);
        // One level of double encoding is undone as well: %252e is a dot to a server that decodes twice.
        int at = percent;
        while (value == '%' && at + 4 < uri.length()) {
            int again = octetAt(uri, at + 3);
            if (again < 0) {
                break;
            }
            value = again;
            at += 2;
        }
        if (value < 0) {
            return Optional.of("it holds a percent sign that encodes nothing");
        }
        return switch (value) {
            case '.' -> Optional.of("it holds an encoded dot");
            case '/', '\\' -> Optional.of("it holds an encoded slash");
            default ->
                value < 0x20 || value == 0x7f ? Optional.of("it holds an encoded control character") : Optional.empty();
        };
    }

    private static Optional<String> structureFault(String uri) {
        int end = pathEnd(uri);
        int colon = schemeEnd(uri);
        int path = colon + 1;
        if (uri.startsWith("//", path)) {
            int authorityEnd = authorityEnd(uri, path + 2, end);
            if (uri.substring(path + 2, authorityEnd).indexOf('@') >= 0) {
                return Optional.of("it holds user information");
            }
            path = authorityEnd;
        } else if (colon > 0
                && isSpecial(uri.substring(0, colon))
                && uri.substring(path, end).indexOf('@') >= 0) {
            return Optional.of("it holds user information");
        }
        for (String segment : uri.substring(path, end).split("/", -1)) {
            if (segment.equals(".") || segment.equals("..")) {
                return Optional.of("it holds a dot segment");
            }
        }
        return Optional.empty();
    }

    /** The normal form of a URI without fault. */
    public static String normal(String uri) {
        StringBuilder text = new StringBuilder(uri.length());
        int colon = schemeEnd(uri);
        int at = colon + 1;
        int end = pathEnd(uri);
        String scheme = colon > 0 ? uri.substring(0, colon).toLowerCase(Locale.ROOT) : "";
        if (colon > 0) {
            text.append(scheme).append(':');
        }
        boolean special = isSpecial(scheme);
        boolean authority = uri.startsWith("//", at);
        if (special) {
            int slashes = 0;
            while (at + slashes < end && uri.charAt(at + slashes) == '/') {
                slashes++;
            }
            // file:/x and file:x are file:///x; file://host/x keeps its host.
            authority = !scheme.equals("file") || slashes == 2;
            at += scheme.equals("file") ? Math.min(slashes, 2) : slashes;
            text.append("//");
            if (scheme.equals("file") && slashes < 2) {
                text.append('/');
            }
        } else if (authority) {
            text.append("//");
            at += 2;
        }
        if (authority) {
            int authorityEnd = authorityEnd(uri, at, end);
            String host = uri.substring(at, authorityEnd).toLowerCase(Locale.ROOT);
            text.append(special ? withoutDefaultPort(scheme, host) : host);
            at = authorityEnd;
            if (special && at == end) {
                text.append('/');
            }
        }
        for (; at < uri.length(); at++) {
            char c = uri.charAt(at);
            if (c == ' ') {
                text.append("%20");
            } else if (c == '%') {
                int value = octet(uri, at);
                if (isPlain(value)) {
                    text.append((char) value);
                } else {
                    text.append('%').append(uri.substring(at + 1, at + 3).toUpperCase(Locale.ROOT));
                }
                at += 2;
            } else {
                text.append(c);
            }
        }
        return text.toString();
    }

    private static String withoutDefaultPort(String scheme, String host) {
        if (scheme.equals("file")) {
            return host.equals("localhost") ? "" : host;
        }
        String port = switch (scheme) {
            case "http", "ws" -> ":80";
            case "https", "wss" -> ":443";
            default -> ":21";
        };
        return host.endsWith(port) ? host.substring(0, host.length() - port.length()) : host;
    }

    private static boolean isSpecial(String scheme) {
        return switch (scheme.toLowerCase(Locale.ROOT)) {
            case "http", "https", "ws", "wss", "ftp", "file" -> true;
            default -> false;
        };
    }

    private static boolean isPlain(int octet) {
        return (octet >= 'a' && octet <= 'z')
                || (octet >= 'A' && octet <= 'Z')
                || (octet >= '0' && octet <= '9')
                || octet == '-'
                || octet == '_'
                || octet == '~';
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

    private static int pathEnd(String uri) {
        for (int i = 0; i < uri.length(); i++) {
            if (uri.charAt(i) == '?' || uri.charAt(i) == '#') {
                return i;
            }
        }
        return uri.length();
    }

    private static int authorityEnd(String uri, int from, int end) {
        int slash = uri.indexOf('/', from);
        return slash >= 0 && slash < end ? slash : end;
    }

    private static int octet(String uri, int percent) {
        return octetAt(uri, percent + 1);
    }

    private static int octetAt(String uri, int digits) {
        if (digits + 1 >= uri.length()) {
            return -1;
        }
        int high = hex(uri.charAt(digits));
        int low = hex(uri.charAt(digits + 1));
        return high < 0 || low < 0 ? -1 : (high << 4) | low;
    }

    private static int hex(char c) {
        return c < 0x80 ? Character.digit(c, 16) : -1;
    }
}
