package dev.stockade.operator.isolation;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.acks.PodSockets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * One port of one of a pod's own addresses.
 *
 * @param address a literal out of {@code status.podIPs}
 */
record Target(String address, int port) {
    /** Where the pod's own sidecar lets everybody in: what does not reach this cannot try the others. */
    static final int CONTROL_PORT = 15008;

    private static final int HEALTH_PORT = 15020;

    Target {
        requireNonNull(address);
    }

    boolean isControl() {
        return port == CONTROL_PORT;
    }

    /** As it stands in a sentence, with brackets around an address of IPv6. */
    @Override
    public String toString() {
        return (address.contains(":") ? "[" + address + "]" : address) + ":" + port;
    }

    /** The TCP ports that a pod may be reached at: its sidecar's, and those that the server's owner leaves open. */
    static Set<Integer> admitted(Set<Integer> openPorts) {
        Set<Integer> admitted = new TreeSet<>(openPorts);
        admitted.add(CONTROL_PORT);
        admitted.add(HEALTH_PORT);
        return admitted;
    }

    /** The ports to try: the server's, and all on which anything listens, but those that may be reached. */
    static SortedSet<Integer> ports(int serverPort, Set<Integer> openPorts, Optional<PodSockets> sockets) {
        SortedSet<Integer> ports =
                new TreeSet<>(sockets.map(s -> s.listening().keySet()).orElse(Set.of()));
        ports.add(serverPort);
        ports.removeAll(admitted(openPorts));
        return ports;
    }

    /** All that is tried of a pod, for each address the control first. */
    static List<Target> of(ProtectedPod pod, SortedSet<Integer> ports) {
        List<Target> targets = new ArrayList<>();
        for (String address : pod.ips()) {
            targets.add(new Target(address, CONTROL_PORT));
            ports.forEach(port -> targets.add(new Target(address, port)));
        }
        return targets;
    }
}
