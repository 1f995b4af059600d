package dev.stockade.policy;

import dev.stockade.crds.server.SecureMcpServer;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Service;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which Services lead to a server, and by which port. */
public final class ServiceNames {
    private ServiceNames() {}

    /**
     * The Service ports that are this server's: the Service's selector is contained in {@code spec.selector.matchLabels} or
     * in the labels of one of the pods, and a TCP port's targetPort is {@code spec.port}. Sorted.
     *
     * <p>Of a headless Service, whose name leads to the pods themselves, the port is {@code spec.port}. A targetPort that is
     * a name can be resolved only once there is a pod.
     *
     * @param services of any namespaces; those of others are passed over
     * @param pods the server's own
     */
    public static List<ServicePort> of(SecureMcpServer server, Collection<Service> services, Collection<MeshPod> pods) {
        String namespace = server.getMetadata().getNamespace();
        int port = server.getSpec().port();
        return services.stream()
                .filter(s -> namespace.equals(s.getMetadata().getNamespace()))
                .filter(ServiceNames::leadsToPods)
                .filter(s -> leads(s, server, pods))
                .flatMap(s -> s.getSpec().getPorts().stream()
                        .filter(p -> p.getProtocol() == null || "TCP".equals(p.getProtocol()))
                        .filter(p -> resolves(p, port, pods))
                        .map(p -> new ServicePort(
                                namespace, s.getMetadata().getName(), headless(s) ? port : p.getPort())))
                .distinct()
                .sorted()
                .toList();
    }

    /**
     * Whether pods may add to what {@link #of} says of these servers. They cannot where each Service's selector is contained in
     * a server's {@code matchLabels} or contradicts them, and no targetPort is a name: nobody has to look for pods then.
     */
    public static boolean needPods(Collection<SecureMcpServer> servers, Collection<Service> services) {
        return services.stream()
                .filter(ServiceNames::leadsToPods)
                .anyMatch(service -> servers.stream()
                        .filter(server -> server.getMetadata()
                                .getNamespace()
                                .equals(service.getMetadata().getNamespace()))
                        .anyMatch(server -> needsPods(server, service)));
    }

    private static boolean leadsToPods(Service service) {
        return service.getSpec() != null
                && !"ExternalName".equals(service.getSpec().getType());
    }

    private static boolean needsPods(SecureMcpServer server, Service service) {
        Map<String, String> selector = service.getSpec().getSelector();
        Map<String, String> labels = server.getSpec().selector().matchLabels();
        if (selector == null || selector.isEmpty() || contradicts(labels, selector)) {
            return false;
        }
        return !contains(labels, selector)
                || service.getSpec().getPorts().stream()
                        .anyMatch(port -> port.getTargetPort() != null
                                && port.getTargetPort().getIntVal() == null
                                && port.getTargetPort().getStrVal() != null);
    }

    /** Whether no pod can have both. */
    private static boolean contradicts(Map<String, String> labels, Map<String, String> selector) {
        return selector.entrySet().stream()
                .anyMatch(entry ->
                        labels.containsKey(entry.getKey()) && !entry.getValue().equals(labels.get(entry.getKey())));
    }

    private static boolean leads(Service service, SecureMcpServer server, Collection<MeshPod> pods) {
        Map<String, String> selector = service.getSpec().getSelector();
        return selector != null
                && !selector.isEmpty()
                && (contains(server.getSpec().selector().matchLabels(), selector)
                        || pods.stream().anyMatch(p -> contains(p.labels(), selector)));
    }

    private static boolean contains(Map<String, String> labels, Map<String, String> selector) {
        return labels.entrySet().containsAll(selector.entrySet());
    }

    /** Whether its name leads to the pods themselves. */
    public static boolean headless(Service service) {
        return service.getSpec() != null && "None".equals(service.getSpec().getClusterIP());
    }

    private static boolean resolves(
            io.fabric8.kubernetes.api.model.ServicePort declared, int port, Collection<MeshPod> pods) {
        @Nullable IntOrString target = declared.getTargetPort();
        if (target == null || (target.getIntVal() == null && target.getStrVal() == null)) {
            return declared.getPort() == port;
        }
        if (target.getIntVal() != null) {
            return target.getIntVal() == port;
        }
        return pods.stream()
                .anyMatch(p -> p.port(target.getStrVal())
                        .filter(number -> number == port)
                        .isPresent());
    }
}
