package dev.stockade.operator.admission;

import dev.stockade.policy.ServicePort;
import io.fabric8.kubernetes.api.model.HostAlias;
import io.fabric8.kubernetes.api.model.HostAliasBuilder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * Which addresses of 127.77.0.0/16 the names of Services lead to in an agent's pod, where its sidecar listens for them.
 *
 * @param addresses {@code namespace/service:port} to address
 * @param aliases the same as lines of {@code /etc/hosts}
 */
record NameCapture(SortedMap<String, String> addresses, List<HostAlias> aliases) {
    static final String PREFIX = "127.77.";
    private static final int SPACE = 65534;

    /**
     * Gives each Service an address that depends on its name alone, unless two fall on the same one.
     *
     * @param declaredPorts of the pod itself: a listener of ours on 127.x.y.z:P would make the pod's own on 0.0.0.0:P fail
     * @param declaredNames that the pod has already given an address
     */
    static NameCapture plan(
            Collection<ServicePort> services,
            String podNamespace,
            String clusterDomain,
            Set<Integer> declaredPorts,
            Set<String> declaredNames) {
        TreeMap<String, String> addresses = new TreeMap<>();
        List<HostAlias> aliases = new ArrayList<>();
        Set<Integer> taken = new HashSet<>();
        TreeMap<String, List<ServicePort>> byService = new TreeMap<>();
        services.stream()
                .filter(s -> !declaredPorts.contains(s.port()))
                .forEach(s -> byService
                        .computeIfAbsent(s.namespace() + "/" + s.service(), k -> new ArrayList<>())
                        .add(s));
        for (Map.Entry<String, List<ServicePort>> entry : byService.entrySet()) {
            ServicePort service = entry.getValue().getFirst();
            List<String> names = names(service, podNamespace, clusterDomain).stream()
                    .filter(n -> !declaredNames.contains(n))
                    .toList();
            if (names.isEmpty()) {
                continue;
            }
            String address = address(entry.getKey(), taken);
            entry.getValue().forEach(s -> addresses.put(s.toString(), address));
            aliases.add(
                    new HostAliasBuilder().withIp(address).withHostnames(names).build());
        }
        return new NameCapture(addresses, List.copyOf(aliases));
    }

    private static List<String> names(ServicePort service, String podNamespace, String clusterDomain) {
        String qualified = service.service() + "." + service.namespace();
        List<String> names = new ArrayList<>();
        if (service.namespace().equals(podNamespace)) {
            names.add(service.service());
        }
        names.add(qualified);
        names.add(qualified + ".svc");
        names.add(qualified + ".svc." + clusterDomain);
        return names;
    }

    private static String address(String service, Set<Integer> taken) {
        CRC32 crc = new CRC32();
        crc.update(service.getBytes(StandardCharsets.UTF_8));
        int host = (int) (crc.getValue() % SPACE);
        if (taken.size() >= SPACE) {
            throw new IllegalArgumentException("more than " + SPACE + " Services cannot be captured in one pod");
        }
        while (!taken.add(host)) {
            host = (host + 1) % SPACE;
        }
        // Neither .0.0 nor .255.255.
        return PREFIX + ((host + 1) >> 8) + "." + ((host + 1) & 0xff);
    }
}
