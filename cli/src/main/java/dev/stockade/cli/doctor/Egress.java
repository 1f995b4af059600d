package dev.stockade.cli.doctor;

import static dev.stockade.cli.doctor.Labels.each;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What NetworkPolicies let a pod reach, as the API defines them: a pod that no policy for egress selects reaches everything;
 * of several that select it, what any allows.
 *
 * @param policies of all namespaces concerned
 * @param namespaces by their names; a peer in one that is not here is reached only where no namespace is asked for
 */
record Egress(List<NetworkPolicy> policies, Map<String, Namespace> namespaces) {
    Egress {
        policies = List.copyOf(policies);
        namespaces = Map.copyOf(namespaces);
    }

    static Egress of(List<NetworkPolicy> policies, List<Namespace> namespaces) {
        return new Egress(
                policies,
                namespaces.stream()
                        .collect(Collectors.toMap(n -> n.getMetadata().getName(), n -> n)));
    }

    /** Whether some policy decides what the pod reaches. */
    boolean restricted(Pod pod) {
        return policies.stream().anyMatch(p -> applies(p, pod));
    }

    /** @param protocol TCP or UDP */
    boolean reaches(Pod from, Pod to, String protocol, int port) {
        return !restricted(from)
                || policies.stream()
                        .filter(p -> applies(p, from))
                        .flatMap(p -> each(p.getSpec().getEgress()).stream()
                                .filter(rule -> peers(rule, p.getMetadata().getNamespace(), to)))
                        .anyMatch(rule -> ports(rule, to, protocol, port));
    }

    /** Whether the pod reaches the port somewhere: where nobody says which pod answers. */
    boolean reachesSomewhere(Pod from, String protocol, int port) {
        return !restricted(from)
                || policies.stream()
                        .filter(p -> applies(p, from))
                        .flatMap(p -> each(p.getSpec().getEgress()).stream())
                        .anyMatch(rule -> each(rule.getPorts()).isEmpty()
                                || rule.getPorts().stream().anyMatch(p -> number(p, protocol, port)));
    }

    private static boolean applies(NetworkPolicy policy, Pod pod) {
        List<String> types = each(policy.getSpec().getPolicyTypes());
        boolean egress = types.contains("Egress")
                || (types.isEmpty() && !each(policy.getSpec().getEgress()).isEmpty());
        return egress
                && policy.getMetadata().getNamespace().equals(pod.getMetadata().getNamespace())
                && Labels.selects(policy.getSpec().getPodSelector(), pod);
    }

    private boolean peers(NetworkPolicyEgressRule rule, String own, Pod to) {
        return each(rule.getTo()).isEmpty() || rule.getTo().stream().anyMatch(peer -> peer(peer, own, to));
    }

    private boolean peer(NetworkPolicyPeer peer, String own, Pod to) {
        if (peer.getIpBlock() != null) {
            return each(to.getStatus() == null ? null : to.getStatus().getPodIPs()).stream()
                    .anyMatch(ip -> within(ip.getIp(), peer.getIpBlock().getCidr())
                            && each(peer.getIpBlock().getExcept()).stream().noneMatch(e -> within(ip.getIp(), e)));
        }
        String namespace = to.getMetadata().getNamespace();
        boolean there = peer.getNamespaceSelector() == null
                ? namespace.equals(own)
                : Optional.ofNullable(namespaces.get(namespace))
                        .filter(n -> Labels.selects(peer.getNamespaceSelector(), n))
                        .isPresent();
        return there && Labels.selects(peer.getPodSelector(), to);
    }

    private static boolean ports(NetworkPolicyEgressRule rule, Pod to, String protocol, int port) {
        return each(rule.getPorts()).isEmpty()
                || rule.getPorts().stream().anyMatch(p -> number(p, protocol, port) || named(p, to, port));
    }

    private static boolean number(NetworkPolicyPort allowed, String protocol, int port) {
        if (!protocol.equals(allowed.getProtocol() == null ? "TCP" : allowed.getProtocol())) {
            return false;
        }
        if (allowed.getPort() == null) {
            return true;
        }
        Integer first = allowed.getPort().getIntVal();
        if (first == null) {
            return false;
        }
        int last = allowed.getEndPort() == null ? first : allowed.getEndPort();
        return first <= port && port <= last;
    }

    private static boolean named(NetworkPolicyPort allowed, Pod to, int port) {
        String name = allowed.getPort() == null ? null : allowed.getPort().getStrVal();
        return name != null
                && each(to.getSpec().getContainers()).stream()
                        .flatMap(c -> each(c.getPorts()).stream())
                        .anyMatch(p -> name.equals(p.getName()) && p.getContainerPort() == port);
    }

    /** An address that is no literal is never looked up. */
    private static boolean within(String ip, String cidr) {
        int slash = cidr.indexOf('/');
        if (slash < 0) {
            return false;
        }
        byte[] address;
        byte[] network;
        int bits;
        try {
            address = InetAddress.ofLiteral(ip).getAddress();
            network = InetAddress.ofLiteral(cidr.substring(0, slash)).getAddress();
            bits = Integer.parseInt(cidr.substring(slash + 1));
        } catch (IllegalArgumentException e) {
            return false;
        }
        if (address.length != network.length) {
            return false;
        }
        for (int i = 0; i < bits && i < address.length * 8; i++) {
            int mask = 0x80 >> (i % 8);
            if ((address[i / 8] & mask) != (network[i / 8] & mask)) {
                return false;
            }
        }
        return true;
    }
}
