package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.audit.AuditEvent.Parties;
import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.mcp.ContentFilter;
import dev.stockade.model.mcp.ListFilter;
import dev.stockade.model.mcp.McpReader;
import dev.stockade.sidecar.audit.AuditLog;
import dev.stockade.sidecar.limits.Allowances;
import dev.stockade.sidecar.metrics.Metrics;
import dev.stockade.sidecar.state.ServerRules;
import dev.stockade.sidecar.vantage.OwnServer;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.util.concurrent.FastThreadLocal;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The server's side of the mesh. Each accepted CONNECT stream is handed to {@link #install}; from then on every request on it
 * is decided with the rules in force at that moment. All streams are on one event loop, for they share what agents may take.
 *
 * <p>Closing a stream's channel ends what goes on there: the server's work is cancelled, and recorded as broken.
 */
public final class McpServerSide {
    /** One per event loop: they hold scratch memory, and are used again and again. */
    static final class Tools {
        final McpReader reader;
        final ListFilter lists;
        final ContentFilter contents;
        final byte[] scratch = new byte[8192];
        /** Apart from the other, which is used while this one is looked through. */
        final byte[] eventScratch = new byte[8192];

        Tools(long seed) {
            reader = new McpReader(seed);
            lists = new ListFilter(seed);
            contents = new ContentFilter(seed);
        }
    }

    private final Supplier<Optional<ServerRules>> rules;
    private final BooleanSupplier stale;
    private final BooleanSupplier draining;
    private final AuditLog audit;
    private final UpstreamPool upstreams;
    private final Clock clock;
    private final Sessions sessions;
    private final ListNotices notices = new ListNotices();
    private final OwnTasks tasks;
    private final String serverPod;
    private final Allowances allowances;
    private final Metrics metrics;
    private final OwnServer own;
    private final Watch watch = new Watch();
    private final long seed = new SecureRandom().nextLong();
    private final FastThreadLocal<Tools> tools = new FastThreadLocal<>() {
        @Override
        protected Tools initialValue() {
            return new Tools(seed);
        }
    };

    /**
     * @param rules the rules in force; empty while this pod is no server
     * @param stale whether the rules are too old to be relied on: everything is refused then
     * @param draining whether this pod is going, and its server with it
     * @param pod this pod: its name is recorded, its UID makes the tag of its sessions
     * @param allowances what agents may take; theirs is the event loop of all streams
     * @param own is told how the server answers
     */
    public McpServerSide(
            Supplier<Optional<ServerRules>> rules,
            BooleanSupplier stale,
            BooleanSupplier draining,
            AuditLog audit,
            LoopbackDialer loopback,
            Clock clock,
            BoundPod pod,
            Allowances allowances,
            Metrics metrics,
            OwnServer own) {
        this.rules = requireNonNull(rules);
        this.stale = requireNonNull(stale);
        this.draining = requireNonNull(draining);
        this.audit = requireNonNull(audit);
        this.upstreams = new UpstreamPool(loopback);
        this.clock = requireNonNull(clock);
        this.sessions = new Sessions(ReplicaTag.of(pod.uid()), clock, Sessions.MOST);
        this.tasks = new OwnTasks(clock, OwnTasks.MOST);
        this.serverPod = pod.namespace() + "/" + pod.name();
        this.allowances = requireNonNull(allowances);
        this.metrics = requireNonNull(metrics);
        this.own = requireNonNull(own);
    }

    /**
     * Serves the peer on this stream. Called on the stream's event loop; the channel carries plain bytes both ways.
     *
     * @param peer as its certificate proved, never as a message says
     */
    public void install(Channel stream, Peer peer) {
        AgentStream requests = new AgentStream(this, peer);
        stream.pipeline().addLast(new HeadBytes(requests), HttpEdge.decoder(), new HttpResponseEncoder(), requests);
    }

    /** Other rules are in force: agents whose lists show something else now are told. For any thread. */
    public void rulesChanged() {
        notices.rulesChanged();
    }

    ListNotices notices() {
        return notices;
    }

    Optional<ServerRules> rules() {
        return rules.get();
    }

    boolean isStale() {
        return stale.getAsBoolean();
    }

    boolean isDraining() {
        return draining.getAsBoolean();
    }

    AuditLog audit() {
        return audit;
    }

    UpstreamPool upstreams() {
        return upstreams;
    }

    Clock clock() {
        return clock;
    }

    Sessions sessions() {
        return sessions;
    }

    OwnTasks tasks() {
        return tasks;
    }

    Tools tools() {
        return tools.get();
    }

    Allowances allowances() {
        return allowances;
    }

    Metrics metrics() {
        return metrics;
    }

    OwnServer own() {
        return own;
    }

    Watch watch() {
        return watch;
    }

    Parties parties(Peer peer) {
        String server = rules.get().map(r -> r.namespace() + "/" + r.name()).orElse("");
        return new Parties(
                peer.agent().uri(), peer.pod().namespace() + "/" + peer.pod().name(), server, serverPod);
    }
}
