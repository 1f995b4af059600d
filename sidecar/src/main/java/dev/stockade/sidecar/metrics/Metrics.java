package dev.stockade.sidecar.metrics;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counters and gauges of this process. Safe for any thread. */
public final class Metrics {
    /** What is counted. */
    public enum Count {
        /** TLS connections accepted, or dialled, whose handshake passed. */
        INBOUND_CONNECTIONS,
        OUTBOUND_CONNECTIONS,
        /** Those of the former whose key exchange a later quantum computer does not undo. */
        INBOUND_CONNECTIONS_POST_QUANTUM,
        OUTBOUND_CONNECTIONS_POST_QUANTUM,
        /** Handshakes that did not pass. */
        INBOUND_HANDSHAKES_REFUSED,
        /** Those of the former that came too fast to be recorded one by one. */
        INBOUND_HANDSHAKES_UNRECORDED,
        OUTBOUND_DIALS_FAILED,
        /** CONNECT requests answered with 200. */
        INBOUND_STREAMS,
        OUTBOUND_STREAMS,
        /** CONNECT requests answered otherwise. */
        INBOUND_STREAMS_REFUSED,
        /** Those of the former that came too fast to be recorded one by one. */
        INBOUND_STREAMS_UNRECORDED,
        /** Connections cut because their identity was withdrawn. */
        INBOUND_CONNECTIONS_CUT,
        /** Requests of the agent in this pod. */
        OUTBOUND_REQUESTS,
        OUTBOUND_REQUESTS_REFUSED,
        /** Requests refused because a limit was reached, by the field of {@code spec.limits}. */
        LIMIT_REQUEST_BYTES,
        LIMIT_BUFFER_BYTES,
        LIMIT_CONCURRENT_REQUESTS,
        LIMIT_EVENT_STREAMS,
        LIMIT_REQUEST_TIMEOUT,
        LIMIT_CALLS_PER_MINUTE,
        /** Times that reading stopped for want of memory, whether or not it went on in time. */
        LIMIT_BUFFER_WAITS,
        /** Heads and bodies that came too slowly. */
        LIMIT_SLOW_REQUESTS,
        /** Connections and CONNECT streams beyond what one pod or agent may have. */
        LIMIT_CONNECTIONS,
        LIMIT_STREAMS,
        /** Connections that ended because they sent too many frames that carry nothing. */
        LIMIT_FRAMES;

        /** As it stands in the text. */
        public String metric() {
            return "stockade_sidecar_" + name().toLowerCase(Locale.ROOT) + "_total";
        }
    }

    /** What is open now. */
    public enum Open {
        INBOUND_CONNECTIONS_OPEN,
        INBOUND_STREAMS_OPEN,
        OUTBOUND_CONNECTIONS_OPEN,
        OUTBOUND_STREAMS_OPEN;

        /** As it stands in the text. */
        public String metric() {
            return "stockade_sidecar_" + name().toLowerCase(Locale.ROOT);
        }
    }

    private final Map<Enum<?>, LongAdder> values = new ConcurrentHashMap<>();

    public void count(Count what) {
        adder(what).increment();
    }

    public void opened(Open what) {
        adder(what).increment();
    }

    public void closed(Open what) {
        adder(what).decrement();
    }

    public long value(Enum<?> what) {
        return adder(what).sum();
    }

    private LongAdder adder(Enum<?> what) {
        return values.computeIfAbsent(what, w -> new LongAdder());
    }
}
