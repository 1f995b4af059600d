package dev.stockade.sidecar.limits;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.state.ServerRules;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * All that the agents of one server's sidecar share, sized by the rules in force. On the event loop; {@link #bufferBytes} alone
 * is for any thread.
 */
public final class Allowances {
    /** How long work waits for memory before it is refused. */
    public static final long PATIENCE_SECONDS = 10;

    /** While there are no rules: the defaults of {@code limits}. */
    private static final long BUFFER_BYTES = 32L << 20;

    /** What an agent may have in memory whatever others do: a call as most are. */
    private static final int A_MESSAGE = 16 << 10;

    private static final int REQUESTS = 256;
    private static final int CALLS = 600;

    /** Event streams for each request at a time: a client keeps one open for as long as it lives. */
    private static final int EVENT_STREAMS = 2;
    /** CONNECT streams for each request at a time: those in use, and those that are kept for the next. */
    private static final int STREAMS = 8;
    /** A connection costs its two ends some 50 KiB before it carries anything. */
    private static final int CONNECTIONS = 1024;
    /** Heads that have begun and not ended; they lie on the heap. */
    private static final long HEADS = 2L << 20;

    private final Supplier<Optional<ServerRules>> rules;
    private final long directMemory;
    private final Shares buffer;
    private final Shares heads;
    private final Shares connections;
    private final Shares streams;
    private final Places requests;
    private final Places eventStreams;
    private final CallRate calls;

    /**
     * @param directMemory what the process may use of it, in bytes; the buffers get half
     * @param loop where everything of this runs
     */
    public Allowances(Supplier<Optional<ServerRules>> rules, long directMemory, Executor loop) {
        this.rules = requireNonNull(rules);
        this.directMemory = directMemory;
        buffer = new Shares(this::bufferBytes, A_MESSAGE, loop);
        heads = new Shares(() -> HEADS, 0, loop);
        connections = new Shares(() -> CONNECTIONS, 0, loop);
        streams = new Shares(() -> (long) STREAMS * concurrentRequests(), 0, loop);
        requests = new Places(this::concurrentRequests);
        eventStreams = new Places(() -> EVENT_STREAMS * concurrentRequests());
        calls = new CallRate(
                () -> rules.get().map(r -> r.limits().callsPerMinute()).orElse(CALLS), System::nanoTime);
    }

    /** What {@code limits.bufferBytes} comes to here: at most half of the direct memory. */
    public long bufferBytes() {
        return Math.min(wishedBytes(), directMemory / 2);
    }

    /** What {@code limits.bufferBytes} says. */
    public long wishedBytes() {
        return rules.get().map(r -> r.limits().bufferBytes()).orElse(BUFFER_BYTES);
    }

    private int concurrentRequests() {
        return rules.get().map(r -> r.limits().concurrentRequests()).orElse(REQUESTS);
    }

    /** Bytes of bodies, lists, events, and of what was received and not read: {@code limits.bufferBytes}. */
    public Shares buffer() {
        return buffer;
    }

    /** Bytes of heads of requests that have not ended. */
    public Shares heads() {
        return heads;
    }

    /** Tunnel connections. */
    public Shares connections() {
        return connections;
    }

    /** CONNECT streams, used or idle. */
    public Shares streams() {
        return streams;
    }

    /** Requests that the server works on: {@code limits.concurrentRequests}. */
    public Places requests() {
        return requests;
    }

    /** Answers that are event streams. */
    public Places eventStreams() {
        return eventStreams;
    }

    /** Messages: {@code limits.callsPerMinute}. */
    public CallRate calls() {
        return calls;
    }
}
