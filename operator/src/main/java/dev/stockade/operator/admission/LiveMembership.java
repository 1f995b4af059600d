package dev.stockade.operator.admission;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.agent.Capture;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.policy.Claims;
import dev.stockade.policy.Consent;
import dev.stockade.policy.MeshLabel;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.MeshView;
import dev.stockade.policy.ServiceNames;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Asks the API server: the resources of the pod's namespace and, for an agent, the servers and Services of the namespaces
 * that it takes servers from.
 */
public final class LiveMembership implements MembershipLookup {
    private final KubernetesClient client;

    public LiveMembership(KubernetesClient client) {
        this.client = requireNonNull(client);
    }

    @Override
    public Membership of(String namespace, Pod pod) {
        MeshPod created = MeshPod.of(new PodBuilder(pod)
                .editOrNewMetadata()
                .withNamespace(namespace)
                .withLabels(PodMutator.labels(pod))
                .endMetadata()
                .editSpec()
                // A copy of another pod brings that one's sidecar, and the labels that were admitted then.
                .withInitContainers(pod.getSpec().getInitContainers().stream()
                        .filter(c -> !c.getName().equals(Sidecar.CONTAINER))
                        .toList())
                .endSpec()
                .build());
        Reading reading = new Reading(created);
        reading.read(namespace);
        Optional<AgentIdentity> agent = Claims.of(reading.view()).agent(created);
        agent.filter(a -> a.getSpec().capture() == Capture.NAMES).ifPresent(a -> {
            reading.readServices(namespace);
            takenNamespaces(a).forEach(other -> {
                reading.readServers(other);
                reading.readServices(other);
            });
        });
        return Membership.in(reading.view(), created);
    }

    private static Set<String> takenNamespaces(AgentIdentity agent) {
        Set<String> namespaces = Consent.namespaces(agent);
        namespaces.remove(agent.getMetadata().getNamespace());
        return namespaces;
    }

    /** What has been read of the cluster for one pod. */
    private final class Reading {
        // The webhook is called for labelled namespaces only; the pod's own need not be asked.
        private final Set<String> namespaces = new HashSet<>();
        private final List<SecureMcpServer> servers = new ArrayList<>();
        private final List<AgentIdentity> agents = new ArrayList<>();
        private final List<Service> services = new ArrayList<>();
        private final List<MeshPod> pods = new ArrayList<>();

        Reading(MeshPod created) {
            pods.add(created);
        }

        void read(String namespace) {
            namespaces.add(namespace);
            servers.addAll(client.resources(SecureMcpServer.class)
                    .inNamespace(namespace)
                    .list()
                    .getItems());
            agents.addAll(client.resources(AgentIdentity.class)
                    .inNamespace(namespace)
                    .list()
                    .getItems());
        }

        void readServers(String namespace) {
            Namespace found = client.namespaces().withName(namespace).get();
            if (found != null && MeshLabel.isOn(found)) {
                namespaces.add(namespace);
                servers.addAll(client.resources(SecureMcpServer.class)
                        .inNamespace(namespace)
                        .list()
                        .getItems());
            }
        }

        void readServices(String namespace) {
            if (!namespaces.contains(namespace)) {
                return;
            }
            List<Service> there =
                    client.services().inNamespace(namespace).list().getItems();
            services.addAll(there);
            // With a thousand of them, each agent's creation would cost more than all else.
            if (ServiceNames.needPods(servers, there)) {
                client.pods()
                        .inNamespace(namespace)
                        .withLabel(Sidecar.INJECTED_LABEL, Sidecar.INJECTED)
                        .list()
                        .getItems()
                        .forEach(pod -> pods.add(MeshPod.of(pod)));
            }
        }

        MeshView view() {
            // Neither the trust domain nor the cluster's matters for who is selected.
            return new MeshView(
                    "local",
                    "local",
                    namespaces,
                    servers,
                    agents,
                    List.of(),
                    Optional.empty(),
                    pods,
                    services,
                    Set.of());
        }
    }
}
