package dev.stockade.sidecar.outbound;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.state.AgentRules.ServiceName;
import java.net.InetSocketAddress;
import java.util.Set;

/**
 * A socket on loopback that leads into the mesh.
 *
 * <p>Which Host values it answers to is fixed: a page in a browser that made its own name lead here would bring that name.
 */
public sealed interface Entry {
    InetSocketAddress address();

    /** The values of Host, lower-case, that belong here. */
    Set<String> hosts();

    /** {@code 127.0.0.1:15001}, where every server has a path. */
    record Local(InetSocketAddress address) implements Entry {
        public Local {
            requireNonNull(address);
        }

        @Override
        public Set<String> hosts() {
            return Set.of("127.0.0.1:" + address.getPort(), "localhost:" + address.getPort());
        }
    }

    /** The address that a Service's names lead to in this pod. */
    record Captured(InetSocketAddress address, ServiceName service, Set<String> hosts) implements Entry {
        public Captured {
            requireNonNull(address);
            requireNonNull(service);
            hosts = Set.copyOf(hosts);
        }
    }
}
