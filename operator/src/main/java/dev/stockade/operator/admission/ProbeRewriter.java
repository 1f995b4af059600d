package dev.stockade.operator.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.GRPCAction;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.TCPSocketAction;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Points probes at the sidecar, which performs the original ones on loopback: the port that a probe names may be closed to
 * the kubelet, or bound to loopback only.
 *
 * <p>Left alone are {@code exec} probes, probes with a {@code host} of their own (they are not about this pod), and ports by a
 * name that the container does not declare (they fail as they did before).
 */
final class ProbeRewriter {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int DEFAULT_TIMEOUT_SECONDS = 1;

    private final ProbeScope scope;
    private final TreeMap<String, JsonNode> originals = new TreeMap<>();

    ProbeRewriter(ProbeScope scope) {
        this.scope = scope;
    }

    /** What was replaced so far: {@code container/probe} to the original action and its timeout in seconds. */
    Map<String, JsonNode> originals() {
        return Map.copyOf(originals);
    }

    Container rewrite(Container container) {
        return new ContainerBuilder(container)
                .withStartupProbe(rewrite(container, "startup", container.getStartupProbe()))
                .withReadinessProbe(rewrite(container, "readiness", container.getReadinessProbe()))
                .withLivenessProbe(rewrite(container, "liveness", container.getLivenessProbe()))
                .build();
    }

    private @Nullable Probe rewrite(Container container, String name, @Nullable Probe probe) {
        if (probe == null) {
            return null;
        }
        ObjectNode original = JSON.createObjectNode();
        if (!describe(container, probe, original)) {
            return probe;
        }
        Integer timeout = probe.getTimeoutSeconds();
        original.put("timeoutSeconds", timeout == null ? DEFAULT_TIMEOUT_SECONDS : timeout);
        originals.put(container.getName() + "/" + name, original);
        return new ProbeBuilder(probe)
                .withTcpSocket(null)
                .withGrpc(null)
                .withNewHttpGet()
                .withPath(path(container.getName(), name))
                .withPort(new IntOrString(Sidecar.HEALTH_PORT))
                .endHttpGet()
                .build();
    }

    static String path(String container, String probe) {
        return "/app/" + container + "/" + probe;
    }

    /** Writes the probe's action, its port a number, and says whether the sidecar can and should perform it. */
    private boolean describe(Container container, Probe probe, ObjectNode into) {
        HTTPGetAction http = probe.getHttpGet();
        TCPSocketAction tcp = probe.getTcpSocket();
        GRPCAction grpc = probe.getGrpc();
        String host = http != null ? http.getHost() : tcp != null ? tcp.getHost() : null;
        if (host != null && !host.isEmpty()) {
            return false;
        }
        String kind = http != null ? "httpGet" : tcp != null ? "tcpSocket" : "grpc";
        OptionalInt port = http != null
                ? number(container, http.getPort())
                : tcp != null
                        ? number(container, tcp.getPort())
                        : grpc != null && grpc.getPort() != null ? OptionalInt.of(grpc.getPort()) : OptionalInt.empty();
        if (port.isEmpty() || !scope.covers(port.getAsInt())) {
            return false;
        }
        ObjectNode action = JSON.valueToTree(http != null ? http : tcp != null ? tcp : grpc);
        action.put("port", port.getAsInt());
        into.set(kind, action);
        return true;
    }

    private static OptionalInt number(Container container, @Nullable IntOrString port) {
        if (port == null) {
            return OptionalInt.empty();
        }
        if (port.getIntVal() != null) {
            return OptionalInt.of(port.getIntVal());
        }
        for (ContainerPort declared : container.getPorts()) {
            if (declared.getName() != null && declared.getName().equals(port.getStrVal())) {
                return OptionalInt.of(declared.getContainerPort());
            }
        }
        return OptionalInt.empty();
    }

    /** Undoes {@link #rewrite}, given what it replaced. */
    static Container restore(Container container, JsonNode originals) {
        return new ContainerBuilder(container)
                .withStartupProbe(restore(container, "startup", container.getStartupProbe(), originals))
                .withReadinessProbe(restore(container, "readiness", container.getReadinessProbe(), originals))
                .withLivenessProbe(restore(container, "liveness", container.getLivenessProbe(), originals))
                .build();
    }

    private static @Nullable Probe restore(
            Container container, String name, @Nullable Probe probe, JsonNode originals) {
        JsonNode original = originals.get(container.getName() + "/" + name);
        if (probe == null
                || original == null
                || probe.getHttpGet() == null
                || !path(container.getName(), name).equals(probe.getHttpGet().getPath())) {
            return probe;
        }
        ProbeBuilder restored = new ProbeBuilder(probe).withHttpGet(null);
        if (original.has("httpGet")) {
            restored.withHttpGet(JSON.convertValue(original.get("httpGet"), HTTPGetAction.class));
        } else if (original.has("tcpSocket")) {
            restored.withTcpSocket(JSON.convertValue(original.get("tcpSocket"), TCPSocketAction.class));
        } else {
            restored.withGrpc(JSON.convertValue(original.get("grpc"), GRPCAction.class));
        }
        return restored.build();
    }
}
