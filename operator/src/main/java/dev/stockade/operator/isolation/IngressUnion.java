package dev.stockade.operator.isolation;

import dev.stockade.policy.LabelSelectors;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What the {@code networking.k8s.io/v1} NetworkPolicies that select a pod for ingress admit together, beyond what may be
 * admitted. Policies add up: each opens, none closes what another opens; a pod that none selects is open to everybody.
 *
 * <p>Who is admitted is not weighed: a port that one pod alone may reach is reached around the sidecar all the same. What
 * cannot be read counts as opening.
 *
 * @param isolated whether any policy selects the pod for ingress at all
 * @param openings one phrase for each policy that opens more, in the order of their names
 */
record IngressUnion(boolean isolated, List<String> openings) {
    private static final String TCP = "TCP";
    private static final int LAST_PORT = 65_535;

    IngressUnion {
        openings = List.copyOf(openings);
    }

    /** Whether nothing more is admitted than may be. */
    boolean closed() {
        return isolated && openings.isEmpty();
    }

    /**
     * Adds up.
     *
     * @param policies of any namespace
     * @param admitted the TCP ports that may be reached around or through the sidecar
     */
    static IngressUnion of(ProtectedPod pod, Collection<NetworkPolicy> policies, Set<Integer> admitted) {
        boolean isolated = false;
        List<String> openings = new ArrayList<>();
        List<NetworkPolicy> inOrder = policies.stream()
                .filter(policy -> pod.namespace().equals(policy.getMetadata().getNamespace()))
                .sorted(Comparator.comparing(policy -> policy.getMetadata().getName()))
                .toList();
        for (NetworkPolicy policy : inOrder) {
            NetworkPolicySpec spec = policy.getSpec();
            if (spec == null || !concernsIngress(spec)) {
                continue;
            }
            Optional<Boolean> selects = LabelSelectors.selects(spec.getPodSelector(), pod.labels());
            if (selects.isPresent() && !selects.get()) {
                continue;
            }
            isolated |= selects.isPresent();
            String name = "NetworkPolicy " + policy.getMetadata().getNamespace() + "/"
                    + policy.getMetadata().getName();
            if (selects.isEmpty()) {
                openings.add(name + " has a selector that this release cannot read");
            } else {
                opening(pod, spec, admitted).ifPresent(what -> openings.add(name + " admits " + what));
            }
        }
        return new IngressUnion(isolated, openings);
    }

    /** The API server fills policyTypes in; where it is absent, a policy is for ingress. */
    private static boolean concernsIngress(NetworkPolicySpec spec) {
        return spec.getPolicyTypes() == null
                || spec.getPolicyTypes().isEmpty()
                || spec.getPolicyTypes().contains("Ingress");
    }

    private static Optional<String> opening(ProtectedPod pod, NetworkPolicySpec spec, Set<Integer> admitted) {
        if (spec.getIngress() == null) {
            return Optional.empty();
        }
        List<String> all = new ArrayList<>();
        for (NetworkPolicyIngressRule rule : spec.getIngress()) {
            List<String> ports = ports(pod, rule.getPorts(), admitted);
            if (!ports.isEmpty()) {
                boolean everyone = rule.getFrom() == null || rule.getFrom().isEmpty();
                all.add(String.join(", ", ports) + (everyone ? " from everywhere" : " from some"));
            }
        }
        return all.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", all));
    }

    /** What a rule opens beyond what is admitted. */
    private static List<String> ports(
            ProtectedPod pod, @Nullable List<NetworkPolicyPort> ports, Set<Integer> admitted) {
        if (ports == null || ports.isEmpty()) {
            return List.of("every port");
        }
        List<String> opened = new ArrayList<>();
        for (NetworkPolicyPort port : ports) {
            String protocol = port.getProtocol() == null || port.getProtocol().isEmpty() ? TCP : port.getProtocol();
            if (port.getPort() == null) {
                opened.add("every port of " + protocol);
                continue;
            }
            Integer number = port.getPort().getIntVal();
            if (number == null) {
                String name = port.getPort().getStrVal();
                pod.ports().stream()
                        .filter(p -> p.name().equals(name) && p.protocol().equals(protocol))
                        .map(ProtectedPod.NamedPort::number)
                        .filter(named -> isMore(protocol, named, named, admitted))
                        .distinct()
                        .forEach(named -> opened.add("port " + name + " (" + named + ")" + unlessTcp(protocol)));
                continue;
            }
            int last = port.getEndPort() == null ? number : Math.min(LAST_PORT, port.getEndPort());
            if (isMore(protocol, number, last, admitted)) {
                opened.add(
                        (last == number ? "port " + number : "ports " + number + " to " + last) + unlessTcp(protocol));
            }
        }
        return opened;
    }

    private static boolean isMore(String protocol, int first, int last, Set<Integer> admitted) {
        return !protocol.equals(TCP) || IntStream.rangeClosed(first, last).anyMatch(port -> !admitted.contains(port));
    }

    private static String unlessTcp(String protocol) {
        return protocol.equals(TCP) ? "" : " of " + protocol;
    }
}
