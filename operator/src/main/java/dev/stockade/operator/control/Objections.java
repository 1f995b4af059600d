package dev.stockade.operator.control;

import dev.stockade.wire.control.v1.Acknowledgement;
import dev.stockade.wire.control.v1.Hello;
import dev.stockade.wire.control.v1.Sockets;
import java.util.Map;
import java.util.Optional;

/** What no sidecar of any release says: found before anything of the message is used. */
final class Objections {
    private static final int LONGEST_WORD = 128;
    private static final int MOST_KINDS = 64;
    private static final int LONGEST_KIND = 253;
    private static final int LONGEST_REFUSAL = 4096;

    private static final int MOST_SOCKETS = 256;

    private Objections() {}

    /** @return one sentence, if what is said of sockets is to be refused */
    static Optional<String> to(Sockets sockets) {
        if (sockets.getListeningCount() > MOST_SOCKETS) {
            return Optional.of("Sockets: " + sockets.getListeningCount() + " are listed, and at most " + MOST_SOCKETS
                    + " may be.");
        }
        if (sockets.getRefusedInitialize() < 0 || sockets.getRefusedInitialize() > 599) {
            return Optional.of("Sockets: " + Integer.toUnsignedString(sockets.getRefusedInitialize())
                    + " is not a status of HTTP.");
        }
        return sockets.getListeningList().stream()
                .filter(socket -> socket.getPort() < 1 || socket.getPort() > 65_535)
                .findFirst()
                .map(socket -> "Sockets: " + Integer.toUnsignedString(socket.getPort()) + " is not a port.");
    }

    /** @return one sentence, if the greeting is to be refused */
    static Optional<String> to(Hello hello) {
        if (hello.getRelease().length() > LONGEST_WORD
                || hello.getBoot().length() > LONGEST_WORD
                || hello.getVersion().length() > LONGEST_WORD) {
            return Optional.of("Hello: release, boot and version have at most " + LONGEST_WORD
                    + " characters each, and one has more.");
        }
        Map<String, Long> held = hello.getCompiledAtMap();
        if (held.size() > MOST_KINDS) {
            return Optional.of("Hello: compiled_at names " + held.size() + " kinds, and no snapshot has more than "
                    + MOST_KINDS + ".");
        }
        for (Map.Entry<String, Long> kind : held.entrySet()) {
            if (kind.getKey().isEmpty() || kind.getKey().length() > LONGEST_KIND) {
                return Optional.of("Hello: compiled_at has a key of "
                        + kind.getKey().length() + " characters, and a kind has 1 to " + LONGEST_KIND + ".");
            }
            if (kind.getValue() < 0) {
                return Optional.of("Hello: compiled_at is " + Long.toUnsignedString(kind.getValue()) + " for '"
                        + kind.getKey() + "', and no resourceVersion is above " + Long.MAX_VALUE + ".");
            }
        }
        return Optional.empty();
    }

    /** @return one sentence, if the acknowledgement is to be refused */
    static Optional<String> to(Acknowledgement acknowledgement) {
        if (acknowledgement.getVersion().length() > LONGEST_WORD) {
            return Optional.of("Acknowledgement: a version of "
                    + acknowledgement.getVersion().length() + " characters was never sent.");
        }
        if (acknowledgement.getRefusal().length() > LONGEST_REFUSAL) {
            return Optional.of("Acknowledgement: the refusal has "
                    + acknowledgement.getRefusal().length() + " characters, and is one sentence of at most "
                    + LONGEST_REFUSAL + ".");
        }
        return Optional.empty();
    }
}
