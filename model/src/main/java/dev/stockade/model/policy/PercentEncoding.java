package dev.stockade.model.policy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Percent-encoded octets (RFC 3986 section 2.1), and those that no URI of a rule may have. */
final class PercentEncoding {
    private PercentEncoding() {}

    /** What is encoded here, or -1 if nothing is. */
    static int octet(String uri, int at) {
        return uri.charAt(at) == '%' ? octetAt(uri, at + 1) : -1;
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

    /** What is wrong with what is encoded: an encoded dot or slash may lead a server to another resource. */
    static Optional<String> fault(String uri) {
        ByteArrayOutputStream beyondAscii = new ByteArrayOutputStream(0);
        for (int i = 0; i <= uri.length(); i++) {
            boolean percent = i < uri.length() && uri.charAt(i) == '%';
            int octet = percent ? octet(uri, i) : -1;
            if (octet >= 0x80) {
                beyondAscii.write(octet);
                i += 2;
                continue;
            }
            if (beyondAscii.size() > 0) {
                Optional<String> fault = textFault(beyondAscii.toByteArray());
                if (fault.isPresent()) {
                    return fault;
                }
                beyondAscii.reset();
            }
            if (percent) {
                Optional<String> fault = octetFault(uri, i, octet);
                if (fault.isPresent()) {
                    return fault;
                }
                i += 2;
            }
        }
        return Optional.empty();
    }

    private static Optional<String> textFault(byte[] octets) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(octets))
                    .toString();
            return text.chars().anyMatch(c -> c < 0xa0)
                    ? Optional.of("it holds an encoded control character")
                    : Optional.empty();
        } catch (CharacterCodingException e) {
            // Overlong forms hide dots and slashes from one reader and show them to another.
            return Optional.of("it holds a percent-encoding that is not UTF-8");
        }
    }

    private static Optional<String> octetFault(String uri, int percent, int octet) {
        int value = octet;
        // What is encoded twice is decoded as well: %252e is a dot to a server that decodes twice.
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
}
