package dev.stockade.sidecar.tunnel;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Passes bytes on to a port; told so, it keeps those of the connections that there are, as a link that was pulled. New ones pass. */
final class DeadEnd implements AutoCloseable {
    private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
    private final int to;
    private final Queue<Pair> pairs = new ConcurrentLinkedQueue<>();

    DeadEnd(int to) throws IOException {
        this.to = to;
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return listening.getLocalPort();
    }

    /** From now on nothing arrives on what is open. */
    void swallow() {
        pairs.forEach(pair -> pair.open(false));
    }

    /** What was kept arrives. */
    void resume() {
        pairs.forEach(pair -> pair.open(true));
    }

    private void accept() {
        try {
            while (true) {
                Socket from = listening.accept();
                Pair pair = new Pair(from, new Socket(listening.getInetAddress(), to));
                pairs.add(pair);
                pair.start();
            }
        } catch (IOException e) {
            // Closed: the test is over.
        }
    }

    private static final class Pair {
        private final Socket one;
        private final Socket other;
        private boolean open = true;

        Pair(Socket one, Socket other) {
            this.one = one;
            this.other = other;
        }

        synchronized void open(boolean now) {
            open = now;
            notifyAll();
        }

        private synchronized void awaitOpen() throws InterruptedException {
            while (!open) {
                wait();
            }
        }

        void start() {
            Thread.ofVirtual().start(() -> pump(one, other));
            Thread.ofVirtual().start(() -> pump(other, one));
        }

        private void pump(Socket from, Socket into) {
            byte[] some = new byte[8192];
            try (from;
                    into) {
                InputStream in = from.getInputStream();
                OutputStream out = into.getOutputStream();
                for (int n = in.read(some); n >= 0; n = in.read(some)) {
                    awaitOpen();
                    out.write(some, 0, n);
                }
            } catch (IOException | InterruptedException e) {
                // One of the two has ended, and so does the other.
            }
        }

        void close() throws IOException {
            open(true);
            one.close();
            other.close();
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        for (Pair pair : pairs) {
            pair.close();
        }
    }
}
