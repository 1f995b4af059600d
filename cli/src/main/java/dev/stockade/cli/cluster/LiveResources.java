package dev.stockade.cli.cluster;

import static java.util.Objects.requireNonNull;

import dev.stockade.cli.question.Resources;
import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.policy.MeshLabel;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** What the API server has at this moment; each thing is read once. Every method may throw {@link ClusterException}. */
public final class LiveResources implements Resources {
    private final KubernetesClient client;
    private final String namespace;
    private final Map<String, Membership> memberships = new HashMap<>();
    private final Map<String, List<AgentIdentity>> agents = new HashMap<>();
    private final Map<String, List<SecureMcpServer>> servers = new HashMap<>();
    private final Map<String, List<McpAccessPolicy>> policies = new HashMap<>();

    /** @param namespace where names without a namespace are looked for */
    public LiveResources(KubernetesClient client, String namespace) {
        this.client = requireNonNull(client);
        this.namespace = requireNonNull(namespace);
    }

    @Override
    public Optional<MeshTrust> trust() {
        return Optional.ofNullable(asked(
                "get meshtrusts.stockade.dev default",
                "It says which agents the platform has suspended.",
                () -> client.resources(MeshTrust.class).withName("default").get()));
    }

    @Override
    public Membership membership(String of) {
        return memberships.computeIfAbsent(of, name -> {
            Namespace found = asked(
                    "get namespaces " + name,
                    "Its label says whether it is in the mesh.",
                    () -> client.namespaces().withName(name).get());
            if (found == null) {
                return Membership.MISSING;
            }
            return MeshLabel.isOn(found) ? Membership.LABELLED : Membership.UNLABELLED;
        });
    }

    @Override
    public List<AgentIdentity> agents(String of) {
        return agents.computeIfAbsent(of, name -> list(AgentIdentity.class, "agentidentities", name));
    }

    @Override
    public List<SecureMcpServer> servers(String of) {
        return servers.computeIfAbsent(of, name -> list(SecureMcpServer.class, "securemcpservers", name));
    }

    @Override
    public List<McpAccessPolicy> policies(String of) {
        return policies.computeIfAbsent(of, name -> list(McpAccessPolicy.class, "mcpaccesspolicies", name));
    }

    @Override
    public List<String> defaultNamespaces() {
        return List.of(namespace);
    }

    private <T extends HasMetadata> List<T> list(Class<T> kind, String plural, String of) {
        return asked(
                "list " + plural + ".stockade.dev -n " + of,
                "The role stockade-viewer has it.",
                () -> client.resources(kind).inNamespace(of).list().getItems());
    }

    private <T> T asked(String right, String why, Supplier<T> question) {
        try {
            return question.get();
        } catch (KubernetesClientException e) {
            throw Refusal.of(client, right, why, e);
        }
    }
}
