package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A network between two parties that a test can cut, or let go silent, and heal. */
final class TcpProxy implements AutoCloseable {
    private enum State {
        /** Bytes pass. */
        HEALTHY,
        /** Connections stay, and nothing passes: what a lost route looks like. */
        SILENT,
        /** No connection stays or comes about. */
        CUT
    }

    private final InetSocketAddress target;
    private final ServerSocket listener;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private State state = State.HEALTHY;

    @SuppressWarnings("FutureReturnValueIgnored")
    TcpProxy(InetSocketAddress target) throws IOException {
        this.target = requireNonNull(target);
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        threads.submit(this::accept);
    }

    InetSocketAddress address() {
        return new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort());
    }

    /** Ends every connection, and refuses new ones. */
    synchronized void cut() {
        become(State.CUT);
        endAll();
    }

    /** Lets nothing through any more, without a word to either side. */
    synchronized void silence() {
        become(State.SILENT);
    }

    /** Lets new connections through; those that were silent end. */
    synchronized void heal() {
        endAll();
        become(State.HEALTHY);
    }

    private void become(State next) {
        state = next;
        notifyAll();
    }

    private void endAll() {
        open.forEach(TcpProxy::end);
        open.clear();
    }

    @SuppressWarnings("FutureReturnValueIgnored")
    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket near = listener.accept();
                threads.submit(() -> connect(near));
            } catch (IOException e) {
                return;
            }
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored")
    private void connect(Socket near) {
        try {
            Socket far = new Socket();
            synchronized (this) {
                if (state == State.CUT) {
                    end(near);
                    return;
                }
                open.add(near);
                open.add(far);
            }
            far.connect(target);
            threads.submit(() -> pump(near, far));
            pump(far, near);
        } catch (IOException e) {
            end(near);
        }
    }

    private void pump(Socket from, Socket to) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[16 * 1024];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                awaitPassage();
                out.write(buffer, 0, read);
            }
        } catch (IOException | InterruptedException e) {
            // Either side has ended; so does the other.
        } finally {
            end(from);
            end(to);
            open.remove(from);
            open.remove(to);
        }
    }

    private synchronized void awaitPassage() throws InterruptedException {
        while (state == State.SILENT) {
            wait();
        }
    }

    private static void end(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It has ended already.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        synchronized (this) {
            become(State.CUT);
            endAll();
        }
        threads.shutdownNow();
    }
}
