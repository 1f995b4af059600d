package dev.stockade.sidecar.state;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.sidecar.identity.TrustBundle;
import dev.stockade.wire.control.v1.Agent;
import dev.stockade.wire.control.v1.ServerTarget;
import dev.stockade.wire.control.v1.Snapshot;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Turns the wire's snapshot into checked values, or refuses it whole: half a snapshot in force could be a wider grant than
 * the one that was written.
 */
public final class SnapshotReader {
    private static final Pattern PATH = Pattern.compile("/[!-\"$->@-~]{0,1023}");
    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

    /** The entry of {@code compiled_at} that orders trust bundles. */
    public static final String TRUST = "trust";

    private final String trustDomain;
    private final Clock clock;

    public SnapshotReader(String trustDomain, Clock clock) {
        this.trustDomain = requireNonNull(trustDomain);
        this.clock = requireNonNull(clock);
    }

    /** @throws RefusedSnapshotException with the first thing that was wrong */
    public PodState read(Snapshot snapshot) throws RefusedSnapshotException {
        try {
            require(!snapshot.getVersion().isEmpty(), "it has no version");
            require(snapshot.hasConfirmed(), "it does not say when it was confirmed");
            snapshot.getCompiledAtMap()
                    .forEach((kind, at) -> require(
                            at >= 0, "the state " + Long.toUnsignedString(at) + " of " + kind + " is out of range"));
            Optional<PodState.Serving> serving = snapshot.hasServer()
                    ? Optional.of(new ServerReader(trustDomain, snapshot).read(snapshot.getServer()))
                    : Optional.empty();
            return new PodState(
                    snapshot.getVersion(),
                    snapshot.getGeneration(),
                    snapshot.getCompiledAtMap(),
                    Instant.ofEpochSecond(
                            snapshot.getConfirmed().getSeconds(),
                            snapshot.getConfirmed().getNanos()),
                    trust(snapshot),
                    serving,
                    snapshot.hasAgent() ? Optional.of(agent(snapshot.getAgent())) : Optional.empty(),
                    snapshot.getDraining());
        } catch (IllegalArgumentException | java.time.DateTimeException e) {
            throw new RefusedSnapshotException("snapshot " + snapshot.getVersion() + " is malformed: " + e.getMessage()
                    + "; the former one stays in force");
        }
    }

    private TrustBundle trust(Snapshot snapshot) {
        dev.stockade.wire.control.v1.TrustBundle sent = snapshot.getTrust();
        require(sent.getTrustDomain().equals(trustDomain), "its trust domain is not " + trustDomain);
        TrustBundle trust = TrustBundle.ofOperator(
                trustDomain,
                bytes(sent.getRootsList()),
                bytes(sent.getIssuersList()),
                sent.getEpoch(),
                clock.instant());
        Long ordered = snapshot.getCompiledAtMap().get(TRUST);
        require(
                ordered != null && ordered == trust.epoch(),
                "its trust bundle is of epoch " + trust.epoch() + ", but it says that it was compiled at "
                        + (ordered == null ? "none" : Long.toUnsignedString(ordered)));
        return trust;
    }

    private static List<byte[]> bytes(List<ByteString> strings) {
        return strings.stream().map(ByteString::toByteArray).toList();
    }

    private AgentRules agent(Agent agent) {
        SpiffeId id =
                identity(trustDomain, agent.getSpiffeId(), WorkloadKind.AGENT, agent.getNamespace(), agent.getName());
        List<AgentRules.Target> targets = new ArrayList<>();
        Set<SpiffeId> seen = new HashSet<>();
        for (ServerTarget server : agent.getServersList()) {
            AgentRules.Target target = target(server);
            require(seen.add(target.id()), "server " + target.reference() + " is listed twice");
            targets.add(target);
        }
        return new AgentRules(id, agent.getSuspended(), targets);
    }

    private AgentRules.Target target(ServerTarget server) {
        SpiffeId id =
                identity(trustDomain, server.getSpiffeId(), WorkloadKind.MCP, server.getNamespace(), server.getName());
        String what = "server " + server.getNamespace() + "/" + server.getName();
        return new AgentRules.Target(
                id,
                path(what, server.getPath()),
                port(what, server.getPort()),
                server.getGranted(),
                server.getEndpointsList().stream()
                        .map(e -> {
                            require(!e.getPodUid().isEmpty(), what + ": an endpoint has no pod UID");
                            return new AgentRules.Endpoint(
                                    e.getPodUid(),
                                    e.getPodName(),
                                    address(what, e.getAddress()),
                                    e.getReady(),
                                    e.getTerminating());
                        })
                        .toList(),
                server.getServicesList().stream()
                        .map(s -> {
                            require(
                                    LABEL.matcher(s.getNamespace()).matches()
                                            && LABEL.matcher(s.getName()).matches(),
                                    what + ": '" + s.getNamespace() + "/" + s.getName() + "' is not a Service's name");
                            return new AgentRules.ServiceName(s.getNamespace(), s.getName(), port(what, s.getPort()));
                        })
                        .toList());
    }

    static SpiffeId identity(String trustDomain, String uri, WorkloadKind kind, String namespace, String name) {
        SpiffeId id =
                SpiffeId.parse(uri).orElseThrow(() -> new IllegalArgumentException("'" + uri + "' is not a SPIFFE ID"));
        require(
                id.equals(new SpiffeId(trustDomain, namespace, kind, name)),
                uri + " is not the " + kind.segment() + " " + namespace + "/" + name + " of " + trustDomain);
        return id;
    }

    static String path(String what, String path) {
        require(PATH.matcher(path).matches(), what + ": '" + path + "' is not a path");
        return path;
    }

    static int port(String what, int port) {
        require(port >= 1 && port <= 65535, what + ": " + Integer.toUnsignedString(port) + " is not a port");
        return port;
    }

    private static InetAddress address(String what, String address) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(address);
        if (bytes == null) {
            throw new IllegalArgumentException(what + ": '" + address + "' is not an IP address");
        }
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(what + ": '" + address + "' is not an IP address", e);
        }
    }

    static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
