package dev.stockade.model.policy;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Pattern;

/** Hosts and ports of URIs: the spellings of one host that browsers (WHATWG URL) take for another. */
final class UriHost {
    /** What a name may be, or a part of a template. */
    private static final Pattern NAME = Pattern.compile("[a-z0-9_~!$&'()*+,;=-]+(\\.[a-z0-9_~!$&'()*+,;=-]+)*");

    private static final Pattern NUMBER = Pattern.compile("[0-9]+|0x[0-9a-f]*");
    private static final Pattern ADDRESS =
            Pattern.compile("(OCTET\\.){3}OCTET".replace("OCTET", "(0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])"));

    private UriHost() {}

    /** Why the authority of a special scheme is refused, or empty. */
    static Optional<String> fault(String scheme, String authority) {
        if (authority.indexOf('{') >= 0) {
            return Optional.empty(); // a template: the URI that is made of it is looked at
        }
        int colon = portColon(authority);
        String host = colon < 0 ? authority : authority.substring(0, colon);
        if (scheme.equals("file")) {
            if (colon >= 0) {
                return Optional.of("its host is no host of files");
            }
            if (host.isEmpty()) {
                return Optional.empty();
            }
        }
        if (host.isEmpty()) {
            return Optional.of("it has no host");
        }
        if (host.startsWith("[")) {
            return isPlainIpv6(host) ? Optional.empty() : Optional.of("its host is an IPv6 address in an unusual form");
        }
        if (!NAME.matcher(host).matches()) {
            return Optional.of("its host is not a name in ASCII");
        }
        boolean number =
                NUMBER.matcher(host.substring(host.lastIndexOf('.') + 1)).matches();
        return number && !ADDRESS.matcher(host).matches()
                ? Optional.of("its host is an IPv4 address in an unusual form")
                : Optional.empty();
    }

    /** As RFC 5952 section 4 writes it: lower case, no leading zeros, the first longest run of zeros left out. */
    private static boolean isPlainIpv6(String host) {
        if (!host.endsWith("]") || host.indexOf('%') >= 0 || host.length() > 41) {
            return false;
        }
        String literal = host.substring(1, host.length() - 1);
        InetAddress address;
        try {
            address = InetAddress.ofLiteral(literal);
        } catch (IllegalArgumentException e) {
            return false;
        }
        return address instanceof Inet6Address six && plain(six.getAddress()).equals(literal);
    }

    private static String plain(byte[] address) {
        int[] groups = new int[8];
        int zerosAt = -1;
        int zeros = 1;
        int run = 0;
        for (int i = 0; i < 8; i++) {
            groups[i] = (address[2 * i] & 0xff) << 8 | (address[2 * i + 1] & 0xff);
            run = groups[i] == 0 ? run + 1 : 0;
            if (run > zeros) {
                zeros = run;
                zerosAt = i - run + 1;
            }
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            if (i == zerosAt) {
                text.append("::");
                i += zeros - 1;
            } else {
                text.append(text.isEmpty() || text.charAt(text.length() - 1) == ':' ? "" : ":")
                        .append(Integer.toHexString(groups[i]));
            }
        }
        return text.toString();
    }

    /** The authority with its port in the simplest form, or without it. */
    static String withSimplePort(String scheme, String authority) {
        if (scheme.equals("file")) {
            return authority.equals("localhost") ? "" : authority;
        }
        int colon = portColon(authority);
        if (colon < 0) {
            return authority;
        }
        int digits = colon + 1;
        while (digits < authority.length() - 1 && authority.charAt(digits) == '0') {
            digits++;
        }
        String port = authority.substring(digits);
        String host = authority.substring(0, colon);
        return port.isEmpty() || port.equals(defaultPort(scheme)) ? host : host + ':' + port;
    }

    /** Where the colon before a port is, which may be empty; -1 if there is no port. */
    private static int portColon(String authority) {
        int colon = authority.lastIndexOf(':');
        if (colon < 0) {
            return -1;
        }
        for (int i = colon + 1; i < authority.length(); i++) {
            if (authority.charAt(i) < '0' || authority.charAt(i) > '9') {
                return -1;
            }
        }
        boolean only = authority.indexOf(':') == colon;
        return only || authority.charAt(colon - 1) == ']' ? colon : -1;
    }

    private static String defaultPort(String scheme) {
        return switch (scheme) {
            case "http", "ws" -> "80";
            case "https", "wss" -> "443";
            case "ftp" -> "21";
            default -> "";
        };
    }
}
