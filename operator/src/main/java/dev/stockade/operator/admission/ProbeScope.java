package dev.stockade.operator.admission;

import java.util.Set;

/** Which of a pod's network probes the sidecar performs in the kubelet's place. */
public sealed interface ProbeScope {
    /** Whether a probe on that port is taken over. */
    boolean covers(int port);

    /** All of them: the pod said by its label that it belongs to the mesh, before it is known as what. */
    record All() implements ProbeScope {
        @Override
        public boolean covers(int port) {
            return true;
        }
    }

    /** Those on ports that only the sidecar reaches. */
    record Ports(Set<Integer> ports) implements ProbeScope {
        public Ports {
            ports = Set.copyOf(ports);
        }

        @Override
        public boolean covers(int port) {
            return ports.contains(port);
        }
    }
}
