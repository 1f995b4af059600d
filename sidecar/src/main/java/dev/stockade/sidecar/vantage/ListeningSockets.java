package dev.stockade.sidecar.vantage;

import static java.util.Objects.requireNonNull;

import dev.stockade.wire.control.v1.Socket;
import dev.stockade.wire.control.v1.Sockets;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Where anything listens for TCP in this pod's network namespace, as the kernel says in {@code /proc/net/tcp} and {@code tcp6}.
 * Each address is a row of hexadecimal words in the byte order of the machine; a listening socket's state is {@code 0A}.
 */
public final class ListeningSockets {
    static final int MOST = 256;

    private static final String LISTENS = "0A";
    private static final int IPV4_DIGITS = 8;
    private static final String V6_LOOPBACK = "00000000000000000000000001000000";
    private static final String V4_IN_V6 = "0000000000000000FFFF0000";

    private final Path net;

    /** @param net {@code /proc/net} */
    public ListeningSockets(Path net) {
        this.net = requireNonNull(net);
    }

    /**
     * Reads them now.
     *
     * @throws IOException if the kernel does not say; a file for IPv6 alone may be missing
     */
    Sockets read() throws IOException {
        Map<Integer, Boolean> found = new TreeMap<>();
        readInto(found, net.resolve("tcp"));
        try {
            readInto(found, net.resolve("tcp6"));
        } catch (NoSuchFileException e) {
            // A kernel without IPv6: nothing listens there.
            return message(found);
        }
        return message(found);
    }

    private static void readInto(Map<Integer, Boolean> found, Path file) throws IOException {
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.US_ASCII);
                Stream<String> rows = lines.lines().skip(1)) {
            rows.forEach(row -> row(found, row));
        }
    }

    /** {@code sl local_address rem_address st ...}; a row that is not understood is left out. */
    private static void row(Map<Integer, Boolean> found, String row) {
        String[] words = row.strip().split("\\s+", 5);
        if (words.length < 5 || !words[3].equals(LISTENS)) {
            return;
        }
        int colon = words[1].indexOf(':');
        if (colon < IPV4_DIGITS) {
            return;
        }
        int port = Integer.parseInt(words[1], colon + 1, words[1].length(), 16);
        found.merge(port, isLoopback(words[1].substring(0, colon)), Boolean::logicalAnd);
    }

    /** The words are little-endian on every machine that there is an image for. */
    private static boolean isLoopback(String address) {
        if (address.length() == IPV4_DIGITS) {
            return address.endsWith("7F");
        }
        return address.equals(V6_LOOPBACK) || (address.startsWith(V4_IN_V6) && address.endsWith("7F"));
    }

    private static Sockets message(Map<Integer, Boolean> found) {
        Sockets.Builder message = Sockets.newBuilder().setTruncated(found.size() > MOST);
        found.entrySet().stream()
                .limit(MOST)
                .forEach(entry -> message.addListening(
                        Socket.newBuilder().setPort(entry.getKey()).setLoopbackOnly(entry.getValue())));
        return message.build();
    }
}
