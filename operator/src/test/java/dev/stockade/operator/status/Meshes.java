package dev.stockade.operator.status;

import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.operator.snapshot.ServerKeys;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.MeshView;
import dev.stockade.policy.ResourceName;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.crypto.spec.SecretKeySpec;

/** A small mesh out of manifests: namespaces {@code tools} and {@code agents} are in it. */
public final class Meshes {
    private static final KubernetesSerialization YAML = new KubernetesSerialization();

    /** A Service that leads to {@link #server}. */
    public static final String SERVICE = """
            apiVersion: v1
            kind: Service
            metadata: {namespace: tools, name: web}
            spec: {selector: {app: web}, ports: [{port: 80, targetPort: 3000}]}
            """;

    /** Of every server, where keys do not matter. */
    public static final ServerKeys KEYS = new ServerKeys(
            new SecretKeySpec(new byte[32], "HmacSHA256"), new SecretKeySpec(new byte[32], "HmacSHA256"));

    private Meshes() {}

    /** What the manifests, one document each, make up. */
    public static Mesh of(String... manifests) {
        List<SecureMcpServer> servers = new ArrayList<>();
        List<AgentIdentity> agents = new ArrayList<>();
        List<McpAccessPolicy> policies = new ArrayList<>();
        List<MeshPod> pods = new ArrayList<>();
        List<Service> services = new ArrayList<>();
        Optional<MeshTrust> trust = Optional.empty();
        for (String manifest : manifests) {
            String kind = manifest.lines()
                    .filter(l -> l.startsWith("kind: "))
                    .findFirst()
                    .orElseThrow()
                    .substring("kind: ".length());
            switch (kind) {
                case "SecureMcpServer" -> servers.add(YAML.unmarshal(manifest, SecureMcpServer.class));
                case "AgentIdentity" -> agents.add(YAML.unmarshal(manifest, AgentIdentity.class));
                case "McpAccessPolicy" -> policies.add(YAML.unmarshal(manifest, McpAccessPolicy.class));
                case "MeshTrust" -> trust = Optional.of(YAML.unmarshal(manifest, MeshTrust.class));
                case "Pod" -> pods.add(MeshPod.of(YAML.unmarshal(manifest, Pod.class)));
                case "Service" -> services.add(YAML.unmarshal(manifest, Service.class));
                default -> throw new IllegalArgumentException(kind);
            }
        }
        return Mesh.of(new MeshView(
                "stockade.local",
                "cluster.local",
                Set.of("tools", "agents"),
                servers,
                agents,
                policies,
                trust,
                pods,
                services,
                Set.of(new ResourceName("agents", "triage"))));
    }

    /** A resource of generation 3, whose UID is {@code uid-<name>}. */
    public static String resource(String kind, String namespace, String name, String spec) {
        return """
                apiVersion: stockade.dev/v1alpha1
                kind: %s
                metadata: {namespace: %s, name: %s, uid: uid-%s, generation: 3, creationTimestamp: "2026-01-01T00:00:00Z"}
                spec: %s
                """.formatted(kind, namespace, name, name, spec);
    }

    /** A server of the pods labelled {@code app: web} at port 3000. */
    public static String server(String name) {
        return resource("SecureMcpServer", "tools", name, "{selector: {matchLabels: {app: web}}, port: 3000}");
    }

    /** An injected pod with an address, whose UID is {@code uid-<name>}. */
    public static String pod(String namespace, String name, String app, String serviceAccount, String capture) {
        return """
                apiVersion: v1
                kind: Pod
                metadata: {namespace: %s, name: %s, uid: uid-%s, labels: {app: %s}}
                spec:
                  serviceAccountName: %s
                  initContainers:
                    - name: stockade-sidecar
                      env:
                        - {name: STOCKADE_POD_LABELS, value: '{"app":"%s"}'}
                        - {name: STOCKADE_CAPTURE, value: '%s'}
                  containers: [{name: app, ports: [{name: mcp, containerPort: 3000}]}]
                status: {podIPs: [{ip: 192.0.2.1}]}
                """.formatted(namespace, name, name, app, serviceAccount, app, capture);
    }

    /** An injected pod of the server. */
    public static String webPod(String name) {
        return pod("tools", name, "web", "default", "{}");
    }
}
