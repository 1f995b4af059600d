package dev.stockade.policy;

import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Builds views from manifests, one YAML document each. */
final class Meshes {
    private static final KubernetesSerialization YAML = new KubernetesSerialization();

    private Meshes() {}

    static MeshView view(String... manifests) {
        return view(Set.of("tools", "agents"), manifests);
    }

    static MeshView view(Set<String> namespaces, String... manifests) {
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
                case "Pod" -> pods.add(pod(manifest));
                case "Service" -> services.add(YAML.unmarshal(manifest, Service.class));
                default -> throw new IllegalArgumentException(kind);
            }
        }
        return new MeshView(
                "stockade.local",
                "cluster.local",
                namespaces,
                servers,
                agents,
                policies,
                trust,
                pods,
                services,
                Set.of());
    }

    static MeshPod pod(String manifest) {
        return MeshPod.of(YAML.unmarshal(manifest, Pod.class));
    }

    static String server(String namespace, String name, String created, String spec) {
        return resource("SecureMcpServer", namespace, name, created, spec);
    }

    static String agent(String namespace, String name, String spec) {
        return resource("AgentIdentity", namespace, name, "2026-01-01T00:00:00Z", spec);
    }

    static String policy(String namespace, String name, String spec) {
        return resource("McpAccessPolicy", namespace, name, "2026-01-01T00:00:00Z", spec);
    }

    static String pod(String namespace, String name, String labels) {
        return """
                apiVersion: v1
                kind: Pod
                metadata: {namespace: %s, name: %s, uid: uid-%s, labels: %s}
                spec: {containers: [{name: app, ports: [{name: mcp, containerPort: 3000}]}]}
                """.formatted(namespace, name, name, labels);
    }

    private static String resource(String kind, String namespace, String name, String created, String spec) {
        return """
                apiVersion: stockade.dev/v1alpha1
                kind: %s
                metadata:
                  namespace: %s
                  name: %s
                  generation: 3
                  creationTimestamp: "%s"
                  labels: {team: %s}
                spec: %s
                """.formatted(kind, namespace, name, created, name, spec);
    }
}
