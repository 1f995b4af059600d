package dev.stockade.cli.status;

import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.policy.MeshPod;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What would be read of a cluster that has these resources. */
final class MeshReadings {
    private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();

    static {
        List.of(MeshTrust.class, SecureMcpServer.class, AgentIdentity.class, McpAccessPolicy.class)
                .forEach(SERIALIZATION::registerKubernetesResource);
    }

    private MeshReadings() {}

    static MeshReading of(String yaml) {
        List<HasMetadata> all = new ArrayList<>();
        Arrays.stream(yaml.split("(?m)^---$", -1)).forEach(text -> all.add(SERIALIZATION.unmarshal(text)));
        return new MeshReading(
                Optional.empty(),
                only(all, MeshTrust.class).stream().findFirst(),
                only(all, Namespace.class).stream()
                        .filter(n ->
                                "enabled".equals(n.getMetadata().getLabels().get("stockade.dev/mesh")))
                        .map(n -> n.getMetadata().getName())
                        .collect(Collectors.toSet()),
                only(all, SecureMcpServer.class),
                only(all, AgentIdentity.class),
                only(all, McpAccessPolicy.class),
                Optional.of(only(all, Pod.class).stream().map(MeshPod::of).toList()),
                true,
                List.of());
    }

    private static <T> List<T> only(List<HasMetadata> all, Class<T> kind) {
        return all.stream().filter(kind::isInstance).map(kind::cast).toList();
    }
}
