package dev.stockade.sidecar.capture;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.outbound.Entry;
import dev.stockade.sidecar.state.AgentRules;
import dev.stockade.sidecar.state.AgentRules.ServiceName;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What can never change after a pod's admission: which name leads to which loopback address. */
public final class CapturedNames {
    private final Map<String, InetAddress> addresses;
    private final Map<String, Set<String>> names;

    /**
     * @param addresses a Service's port ({@code namespace/service:port}) to its address in this pod
     * @param names an address to all names that lead to it
     */
    CapturedNames(Map<String, InetAddress> addresses, Map<String, Set<String>> names) {
        this.addresses = Map.copyOf(addresses);
        this.names = Map.copyOf(names);
    }

    /**
     * Reads the names from the pod's hosts file, which hostAliases went into: only there do they stand with the cluster's
     * domain.
     */
    public static CapturedNames of(Map<String, InetAddress> addresses, Path hosts) {
        Map<String, Set<String>> names = new HashMap<>();
        try {
            Files.readAllLines(hosts).forEach(line -> add(line, names));
        } catch (IOException e) {
            // The names that follow from the Service remain.
            names.clear();
        }
        return new CapturedNames(requireNonNull(addresses), names);
    }

    private static void add(String line, Map<String, Set<String>> names) {
        int comment = line.indexOf('#');
        List<String> words = List.of(
                (comment < 0 ? line : line.substring(0, comment)).strip().split("\\s+"));
        names.computeIfAbsent(words.getFirst(), a -> new HashSet<>())
                .addAll(words.subList(1, words.size()).stream()
                        .map(n -> n.toLowerCase(Locale.ROOT))
                        .toList());
    }

    /** The sockets for the Services that a snapshot names. */
    public Set<Entry.Captured> of(AgentRules agent) {
        Set<Entry.Captured> entries = new HashSet<>();
        agent.targets().stream()
                .flatMap(target -> target.services().stream())
                .filter(service -> addresses.containsKey(service.reference()))
                .forEach(service -> entries.add(entry(service, requireNonNull(addresses.get(service.reference())))));
        return entries;
    }

    private Entry.Captured entry(ServiceName service, InetAddress address) {
        Set<String> hosts = new HashSet<>();
        Set<String> all = new HashSet<>(names.getOrDefault(address.getHostAddress(), Set.of()));
        String qualified = service.name() + "." + service.namespace();
        all.addAll(List.of(qualified, qualified + ".svc", address.getHostAddress()));
        for (String name : all) {
            hosts.add(name + ":" + service.port());
            if (service.port() == 80) {
                hosts.add(name);
            }
        }
        return new Entry.Captured(new InetSocketAddress(address, service.port()), service, hosts);
    }
}
