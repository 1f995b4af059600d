package dev.stockade.operator.reach;

import dev.stockade.policy.LabelSelectors;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * What the {@code networking.k8s.io/v1} NetworkPolicies that select a pod for egress leave open. Policies add up; a pod that none
 * selects may connect to everything. Whom a rule lets a pod connect to is not weighed: what is named as closed is closed to
 * everybody, and what is not may be closed all the same. Pure.
 */
final class Egress {
    private Egress() {}

    /**
     * The policies that close a TCP port to a pod, {@code namespace/name} in their order; empty if one of them opens it, or none
     * selects the pod for egress, or one cannot be read.
     *
     * @param labels those that the pod has now
     * @param policies of the pod's namespace
     */
    static List<String> closing(int port, Map<String, String> labels, Collection<NetworkPolicy> policies) {
        List<NetworkPolicy> selecting = policies.stream()
                .filter(policy -> policy.getSpec() != null && isForEgress(policy.getSpec()))
                .filter(policy -> LabelSelectors.selects(policy.getSpec().getPodSelector(), labels)
                        .orElse(true))
                .toList();
        boolean open = selecting.stream().anyMatch(policy -> opens(policy.getSpec(), port));
        return open
                ? List.of()
                : selecting.stream()
                        .map(policy -> policy.getMetadata().getNamespace() + "/"
                                + policy.getMetadata().getName())
                        .sorted()
                        .toList();
    }

    /** The API server fills policyTypes in. */
    private static boolean isForEgress(NetworkPolicySpec spec) {
        return spec.getPolicyTypes() != null && spec.getPolicyTypes().contains("Egress");
    }

    private static boolean opens(NetworkPolicySpec spec, int port) {
        return spec.getEgress() != null && spec.getEgress().stream().anyMatch(rule -> opens(rule, port));
    }

    private static boolean opens(NetworkPolicyEgressRule rule, int port) {
        return rule.getPorts() == null
                || rule.getPorts().isEmpty()
                || rule.getPorts().stream().anyMatch(one -> opens(one, port));
    }

    /** A port by name is another pod's: it may be any. */
    private static boolean opens(NetworkPolicyPort one, int port) {
        if (one.getProtocol() != null
                && !one.getProtocol().isEmpty()
                && !one.getProtocol().equals("TCP")) {
            return false;
        }
        if (one.getPort() == null || one.getPort().getIntVal() == null) {
            return true;
        }
        int first = one.getPort().getIntVal();
        int last = one.getEndPort() == null ? first : one.getEndPort();
        return first <= port && port <= last;
    }
}
