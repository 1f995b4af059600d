package dev.stockade.operator.admission;

import static java.util.Objects.requireNonNull;

/**
 * One port of one Service that is an MCP server's, and that an agent takes.
 *
 * @param namespace of the Service
 * @param name of the Service
 * @param port of the Service, 1 to 65535
 */
public record CapturedService(String namespace, String name, int port) {
    public CapturedService {
        requireNonNull(namespace);
        requireNonNull(name);
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("Service " + namespace + "/" + name + ": " + port + " is no port");
        }
    }

    /** As it stands in the sidecar's environment: {@code namespace/name:port}. */
    public String key() {
        return namespace + "/" + name + ":" + port;
    }
}
