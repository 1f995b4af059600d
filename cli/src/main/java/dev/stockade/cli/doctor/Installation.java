package dev.stockade.cli.doctor;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What could be read of a cluster, each thing for itself.
 *
 * @param namespace the operator's
 * @param now the API server's time
 * @param skew this machine's clock less the API server's
 * @param version of the API server, {@code v1.33.1}
 * @param expected the definitions of this program's release
 * @param definitions those in the cluster, of the same names
 * @param operatorPods the pods of the Deployment
 * @param caSecret whether the certificate authority's Secret is there
 * @param pods of the mesh's namespaces
 * @param policies NetworkPolicies of the mesh's namespaces
 * @param dryRun what the API server said to a pod that was created in a namespace of the mesh, in a dry run
 */
public record Installation(
        String namespace,
        Instant now,
        Known<Duration> skew,
        Known<String> version,
        List<CustomResourceDefinition> expected,
        Known<List<CustomResourceDefinition>> definitions,
        Known<Optional<Deployment>> deployment,
        Known<List<Pod>> operatorPods,
        Known<Optional<Lease>> lease,
        Known<Optional<PodDisruptionBudget>> budget,
        Known<List<MutatingWebhookConfiguration>> mutating,
        Known<List<ValidatingWebhookConfiguration>> validating,
        Known<Optional<MeshTrust>> trust,
        Known<Boolean> caSecret,
        Known<List<Namespace>> namespaces,
        Known<List<Node>> nodes,
        Known<List<SecureMcpServer>> servers,
        Known<List<AgentIdentity>> agents,
        Known<List<Pod>> pods,
        Known<List<NetworkPolicy>> policies,
        Known<Trial> dryRun) {
    public Installation {
        requireNonNull(namespace);
        requireNonNull(now);
        requireNonNull(skew);
        requireNonNull(version);
        expected = List.copyOf(expected);
        requireNonNull(definitions);
        requireNonNull(deployment);
        requireNonNull(operatorPods);
        requireNonNull(lease);
        requireNonNull(budget);
        requireNonNull(mutating);
        requireNonNull(validating);
        requireNonNull(trust);
        requireNonNull(caSecret);
        requireNonNull(namespaces);
        requireNonNull(nodes);
        requireNonNull(servers);
        requireNonNull(agents);
        requireNonNull(pods);
        requireNonNull(policies);
        requireNonNull(dryRun);
    }
}
