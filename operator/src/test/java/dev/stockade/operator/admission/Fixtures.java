package dev.stockade.operator.admission;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.MeshView;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The sidecar that tests inject, and the membership that manifests give a pod. */
final class Fixtures {
    static final KubernetesSerialization YAML = new KubernetesSerialization();
    static final SidecarTemplate TEMPLATE = new SidecarTemplate(
            "example.test/stockade-sidecar:1",
            "IfNotPresent",
            new ResourceRequirementsBuilder()
                    .withRequests(Map.of("memory", Quantity.parse("64Mi")))
                    .build(),
            "stockade-operator.stockade-system.svc:15010",
            "stockade.local",
            "-----BEGIN CERTIFICATE-----\n",
            "cluster.local",
            "0.2.0");

    private Fixtures() {}

    static Pod pod(String yaml) {
        return YAML.unmarshal(yaml, Pod.class);
    }

    /** A pod of one container, to which the YAML of a container's further fields is added. */
    static Pod podWith(String container) {
        return pod("""
                apiVersion: v1
                kind: Pod
                metadata: {name: app, labels: {stockade.dev/inject: "true"}}
                spec:
                  containers:
                    - {name: app, image: "example.test/app:1", %s}
                """.formatted(container));
    }

    static InjectionPlan plan() {
        return new InjectionPlan("tools", TEMPLATE, new ProbeScope.All(), List.of());
    }

    static Pod injected(Pod pod) {
        return switch (PodMutator.inject(pod, plan())) {
            case PodMutator.Outcome.Injected(Pod result) -> result;
            case PodMutator.Outcome.Refused(String sentence) -> throw new AssertionError(sentence);
        };
    }

    /** What is wrong with the final pod, as the replica says that injects {@link #TEMPLATE}. */
    static Optional<String> objection(Pod pod) {
        return InjectedPod.objection(pod).or(() -> InjectedPod.alteration(pod, TEMPLATE));
    }

    /** What the resources in the YAML documents make of the pod, in namespaces {@code tools} and {@code other}. */
    static Membership membership(Pod pod, String resources) {
        List<SecureMcpServer> servers = new ArrayList<>();
        List<AgentIdentity> agents = new ArrayList<>();
        List<Service> services = new ArrayList<>();
        for (String document : List.of(resources.split("(?m)^---$", -1))) {
            if (document.lines().allMatch(line -> line.isBlank() || line.startsWith("#"))) {
                continue;
            }
            String kind = document.lines()
                    .filter(line -> line.startsWith("kind: "))
                    .findFirst()
                    .orElseThrow()
                    .substring("kind: ".length());
            switch (kind) {
                case "SecureMcpServer" -> servers.add(YAML.unmarshal(document, SecureMcpServer.class));
                case "AgentIdentity" -> agents.add(YAML.unmarshal(document, AgentIdentity.class));
                case "Service" -> services.add(YAML.unmarshal(document, Service.class));
                default -> throw new IllegalArgumentException(kind);
            }
        }
        MeshPod created = MeshPod.of(new PodBuilder(pod)
                .editMetadata()
                .withNamespace("tools")
                .endMetadata()
                .build());
        MeshView view = new MeshView(
                "stockade.local",
                "cluster.local",
                Set.of("tools", "other"),
                servers,
                agents,
                List.of(),
                Optional.empty(),
                List.of(created),
                services,
                Set.of());
        return Membership.in(view, created);
    }
}
