package dev.stockade.operator.admission;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Takes the bodies of reviews in. The port is open to everybody, so what is in memory at once is bounded, and whoever sends slowly
 * holds up no other sender: a body waits for those of its own sender alone, but for the part of a large one beyond
 * {@link #SMALL}, of which there are few at once.
 */
final class Intake {
    /** The API server takes objects of 3 MiB, and an update carries two. */
    static final int LARGEST = 8 * 1024 * 1024;

    /** More than any pod that is not made to be large. */
    static final int SMALL = 256 * 1024;

    private static final int OF_ONE_SENDER = 32;
    private static final int LARGE_ONES = 2;

    private final Map<InetAddress, Sender> senders = new ConcurrentHashMap<>();
    private final Semaphore large = new Semaphore(LARGE_ONES);

    /** What a body is for. It is in memory until this returns. */
    @FunctionalInterface
    interface Use {
        void of(byte[] body) throws IOException;
    }

    /** As long as anything of it is here. */
    private static final class Sender {
        private final Semaphore places = new Semaphore(OF_ONE_SENDER);
        private int here;

        Sender entered() {
            here++;
            return this;
        }

        @Nullable
        Sender left() {
            return --here == 0 ? null : this;
        }
    }

    /** @return whether it was used; not if it has more than {@link #LARGEST} bytes */
    boolean take(InetAddress from, InputStream body, Use use) throws IOException {
        Sender sender = senders.compute(from, (address, known) -> (known == null ? new Sender() : known).entered());
        sender.places.acquireUninterruptibly();
        try {
            byte[] start = body.readNBytes(SMALL);
            int next = start.length < SMALL ? -1 : body.read();
            if (next < 0) {
                use.of(start);
                return true;
            }
            return takeLarge(start, next, body, use);
        } finally {
            sender.places.release();
            senders.compute(from, (address, known) -> sender.left());
        }
    }

    private boolean takeLarge(byte[] start, int next, InputStream body, Use use) throws IOException {
        large.acquireUninterruptibly();
        try {
            ByteArrayOutputStream whole = new ByteArrayOutputStream(2 * SMALL);
            whole.write(start);
            whole.write(next);
            whole.write(body.readNBytes(LARGEST - whole.size()));
            if (whole.size() == LARGEST && body.read() >= 0) {
                return false;
            }
            use.of(whole.toByteArray());
            return true;
        } finally {
            large.release();
        }
    }
}
