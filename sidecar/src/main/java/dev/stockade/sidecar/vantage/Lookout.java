package dev.stockade.sidecar.vantage;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.log.Log;
import dev.stockade.wire.control.v1.ProbeOrder;
import dev.stockade.wire.control.v1.ProbeResult;
import dev.stockade.wire.control.v1.Sockets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.function.Consumer;

/** Both that the operator may ask for. {@link #listening} belongs to one thread. */
public final class Lookout {
    private final ListeningSockets sockets;
    private final OwnServer server;
    private final ProbeAttempts attempts;
    private final Log log;
    private boolean blind;

    public Lookout(ListeningSockets sockets, OwnServer server, ProbeAttempts attempts, Log log) {
        this.sockets = requireNonNull(sockets);
        this.server = requireNonNull(server);
        this.attempts = requireNonNull(attempts);
        this.log = requireNonNull(log);
    }

    /** Where the pod listens now, and whether its server speaks Streamable HTTP there; empty where the kernel does not say, which is said once. */
    public Optional<Sockets> listening() {
        try {
            Optional<Sockets> read = Optional.of(sockets.read().toBuilder()
                    .setRefusedInitialize(server.refusedInitialize())
                    .build());
            blind = false;
            return read;
        } catch (IOException | UncheckedIOException | NumberFormatException e) {
            if (!blind) {
                blind = true;
                log.warn("the pod's listening sockets cannot be read", "reason", String.valueOf(e));
            }
            return Optional.empty();
        }
    }

    /**
     * Tries what is ordered.
     *
     * @param answer called once, on another thread
     */
    public void probe(ProbeOrder order, Consumer<ProbeResult.Outcome> answer) {
        attempts.take(order, answer);
    }
}
