package dev.stockade.operator;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The cluster's DNS domain as the kubelet wrote it into a pod: its search list begins with the namespace's own name, {@code
 * stockade-system.svc.cluster.local}.
 *
 * @param found empty where the pod's DNS is not the cluster's
 */
record ClusterDomain(Optional<String> found) {
    private static final Path RESOLVER = Path.of("/etc/resolv.conf");

    ClusterDomain {
        requireNonNull(found);
    }

    /** Reads it from this pod. */
    static ClusterDomain ofThisPod(String namespace) {
        try {
            return of(Files.readAllLines(RESOLVER, StandardCharsets.UTF_8), namespace);
        } catch (IOException e) {
            return new ClusterDomain(Optional.empty());
        }
    }

    static ClusterDomain of(List<String> resolver, String namespace) {
        String prefix = namespace + ".svc.";
        return new ClusterDomain(resolver.stream()
                .map(String::strip)
                .filter(line -> line.startsWith("search ") || line.startsWith("search\t"))
                .flatMap(line -> Arrays.stream(line.split("\\s+")).skip(1))
                .filter(name -> name.startsWith(prefix))
                .map(name -> name.substring(prefix.length()))
                .map(name -> name.endsWith(".") ? name.substring(0, name.length() - 1) : name)
                .findFirst());
    }

    /** A sentence, if the chart names another one. */
    Optional<String> otherThan(String set) {
        return found.filter(domain -> !domain.equals(set))
                .map(domain -> "The chart's clusterDomain is " + set + ", and this cluster's is " + domain
                        + ": names of Services that end in it do not lead into the mesh. Set it: helm upgrade"
                        + " --reuse-values --set clusterDomain=" + domain + ", then restart the agents' pods.");
    }
}
