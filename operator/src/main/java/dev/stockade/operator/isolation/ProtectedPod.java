package dev.stockade.operator.isolation;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the network sees of a pod with a sidecar.
 *
 * @param node where it runs; empty before it is scheduled
 * @param labels those that it has now: NetworkPolicies select by them, whatever admission saw
 * @param ports the ports that its containers name, by which a NetworkPolicy may speak of them
 */
record ProtectedPod(
        String namespace,
        String name,
        String uid,
        String node,
        List<String> ips,
        Map<String, String> labels,
        List<NamedPort> ports) {
    /** @param protocol TCP, UDP or SCTP */
    record NamedPort(String name, String protocol, int number) {
        NamedPort {
            requireNonNull(name);
            requireNonNull(protocol);
        }
    }

    ProtectedPod {
        requireNonNull(namespace);
        requireNonNull(name);
        requireNonNull(uid);
        requireNonNull(node);
        ips = List.copyOf(ips);
        labels = Map.copyOf(labels);
        ports = List.copyOf(ports);
    }

    static ProtectedPod of(Pod pod) {
        return new ProtectedPod(
                orEmpty(pod.getMetadata().getNamespace()),
                orEmpty(pod.getMetadata().getName()),
                orEmpty(pod.getMetadata().getUid()),
                orEmpty(pod.getSpec().getNodeName()),
                pod.getStatus() == null
                        ? List.of()
                        : stream(pod.getStatus().getPodIPs())
                                .map(ip -> ip.getIp())
                                .sorted()
                                .toList(),
                Optional.ofNullable(pod.getMetadata().getLabels()).orElse(Map.of()),
                Stream.concat(
                                stream(pod.getSpec().getContainers()),
                                stream(pod.getSpec().getInitContainers()))
                        .flatMap(ProtectedPod::named)
                        .toList());
    }

    private static Stream<NamedPort> named(Container container) {
        return stream(container.getPorts())
                .filter(port -> port.getName() != null && port.getContainerPort() != null)
                .map(port -> new NamedPort(
                        port.getName(),
                        port.getProtocol() == null || port.getProtocol().isEmpty() ? "TCP" : port.getProtocol(),
                        port.getContainerPort()));
    }

    /** What people call it: {@code namespace/name}. */
    String reference() {
        return namespace + "/" + name;
    }

    private static <T> Stream<T> stream(@Nullable List<T> list) {
        return list == null ? Stream.empty() : list.stream();
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
