package dev.stockade.cli.cluster;

import static dev.stockade.cli.cluster.Refusal.FORBIDDEN;
import static dev.stockade.cli.cluster.Refusal.NOT_FOUND;
import static java.util.Objects.requireNonNull;

import dev.stockade.cli.status.MeshReading;
import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.policy.MeshLabel;
import dev.stockade.policy.MeshPod;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Listable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Reads the mesh with whatever rights somebody has: all namespaces, or one where the rights end there. What could not be read
 * is told.
 */
public final class LiveMesh {
    /** Of a list's page; what the API server holds at once for us. */
    private static final long PAGE = 500;

    private final KubernetesClient client;
    private final Optional<String> only;
    private final String own;
    private final List<String> unread = new ArrayList<>();
    private boolean whole = true;

    /**
     * @param only the namespace that was asked for; empty: all
     * @param own where somebody is at home, and looks if not all may be read
     */
    public LiveMesh(KubernetesClient client, Optional<String> only, String own) {
        this.client = requireNonNull(client);
        this.only = requireNonNull(only);
        this.own = requireNonNull(own);
    }

    /** @throws ClusterException if the cluster cannot be asked at all */
    public MeshReading read() {
        Optional<MeshTrust> trust = trust();
        List<SecureMcpServer> servers = everywhere(SecureMcpServer.class, "securemcpservers.stockade.dev");
        List<AgentIdentity> agents = everywhere(AgentIdentity.class, "agentidentities.stockade.dev");
        List<McpAccessPolicy> policies = everywhere(McpAccessPolicy.class, "mcpaccesspolicies.stockade.dev");
        Set<String> used = new TreeSet<>();
        Stream.of(servers, agents, policies)
                .flatMap(List::stream)
                .forEach(r -> used.add(r.getMetadata().getNamespace()));
        Set<String> labelled = labelled(used);
        Set<String> withPods = new TreeSet<>();
        only.ifPresentOrElse(
                withPods::add,
                () -> Stream.concat(servers.stream(), agents.stream())
                        .map(r -> r.getMetadata().getNamespace())
                        .filter(labelled::contains)
                        .forEach(withPods::add));
        Optional<List<MeshPod>> pods = pods(withPods);
        return new MeshReading(only, trust, labelled, servers, agents, policies, pods, whole, unread);
    }

    private Optional<MeshTrust> trust() {
        String right = "get meshtrusts.stockade.dev default";
        try {
            return Optional.ofNullable(
                    client.resources(MeshTrust.class).withName("default").get());
        } catch (KubernetesClientException e) {
            if (e.getCode() != FORBIDDEN) {
                throw Refusal.of(client, right, "", e);
            }
            unread.add(Refusal.forbidden(right) + " It says whether the certificate authority is well, and who is"
                    + " suspended. The role stockade-viewer has it, bound in the whole cluster.");
            return Optional.empty();
        }
    }

    private <T extends HasMetadata> List<T> everywhere(Class<T> kind, String plural) {
        try {
            return pages(client.resources(kind).inAnyNamespace());
        } catch (KubernetesClientException e) {
            if (e.getCode() != FORBIDDEN) {
                throw Refusal.of(client, "list " + plural, "", e);
            }
        }
        whole = false;
        String namespace = only.orElse(own);
        String right = "list " + plural;
        try {
            List<T> found = pages(client.resources(kind).inNamespace(namespace));
            unread.add(Refusal.forbidden(right + " -A") + " Those of namespace " + namespace + " are shown.");
            return found;
        } catch (KubernetesClientException e) {
            if (e.getCode() != FORBIDDEN) {
                throw Refusal.of(client, right, "", e);
            }
            unread.add(Refusal.forbidden(right + " -n " + namespace) + " The role stockade-viewer has it.");
            return List.of();
        }
    }

    static <T extends HasMetadata, L extends KubernetesResourceList<T>> List<T> pages(Listable<L> listable) {
        List<T> all = new ArrayList<>();
        String next = null;
        do {
            ListOptions page =
                    new ListOptionsBuilder().withLimit(PAGE).withContinue(next).build();
            L list = listable.list(page);
            all.addAll(list.getItems());
            next = list.getMetadata() == null ? null : list.getMetadata().getContinue();
        } while (next != null && !next.isEmpty());
        return all;
    }

    private Set<String> labelled(Set<String> used) {
        Set<String> labelled = new HashSet<>();
        try {
            pages(client.namespaces().withLabel(MeshLabel.NAME, MeshLabel.ENABLED))
                    .forEach(n -> labelled.add(n.getMetadata().getName()));
            return labelled;
        } catch (KubernetesClientException e) {
            if (e.getCode() != FORBIDDEN) {
                throw Refusal.of(client, "list namespaces", "", e);
            }
        }
        for (String name : used) {
            try {
                Namespace namespace = client.namespaces().withName(name).get();
                if (namespace != null && MeshLabel.isOn(namespace)) {
                    labelled.add(name);
                }
            } catch (KubernetesClientException e) {
                if (e.getCode() != FORBIDDEN && e.getCode() != NOT_FOUND) {
                    throw Refusal.of(client, "get namespaces " + name, "", e);
                }
                labelled.add(name);
                unread.add(Refusal.forbidden("get namespaces " + name) + " It is taken as one of the mesh.");
            }
        }
        return labelled;
    }

    private Optional<List<MeshPod>> pods(Set<String> namespaces) {
        List<MeshPod> pods = new ArrayList<>();
        for (String namespace : namespaces) {
            try {
                List<Pod> found = pages(client.pods().inNamespace(namespace));
                found.stream().map(MeshPod::of).forEach(pods::add);
            } catch (KubernetesClientException e) {
                if (e.getCode() != FORBIDDEN) {
                    throw Refusal.of(client, "list pods -n " + namespace, "", e);
                }
                unread.add(Refusal.forbidden("list pods -n " + namespace)
                        + " How many pods have a sidecar is not shown. The role view has it.");
                return Optional.empty();
            }
        }
        return Optional.of(pods);
    }
}
