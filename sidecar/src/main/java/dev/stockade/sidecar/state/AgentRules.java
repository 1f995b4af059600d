package dev.stockade.sidecar.state;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * What the agent in this pod may reach, as one snapshot has it.
 *
 * @param suspended whether everything is refused
 * @param targets every server that the agent's {@code servers} takes, granted or not
 */
public record AgentRules(SpiffeId id, boolean suspended, List<Target> targets) {
    public AgentRules {
        requireNonNull(id);
        targets = List.copyOf(targets);
    }

    /** The server of that name. */
    public Optional<Target> target(String namespace, String name) {
        return targets.stream()
                .filter(t ->
                        t.id().namespace().equals(namespace) && t.id().name().equals(name))
                .findFirst();
    }

    /**
     * One server.
     *
     * @param path the path that the server is configured with
     * @param port where the server listens in its pod, named in a CONNECT's authority
     * @param granted whether some policy lets the agent do something there
     */
    public record Target(
            SpiffeId id, String path, int port, boolean granted, List<Endpoint> endpoints, List<ServiceName> services) {
        public Target {
            requireNonNull(id);
            requireNonNull(path);
            endpoints = List.copyOf(endpoints);
            services = List.copyOf(services);
        }

        /** As people write it: {@code namespace/name}. */
        public String reference() {
            return id.namespace() + "/" + id.name();
        }
    }

    /**
     * One replica of a server.
     *
     * @param tag what its sessions' ids begin with
     * @param ready whether it is to be chosen for new work
     * @param terminating whether its pod is being deleted, and its sessions with it
     */
    public record Endpoint(
            String podUid, String podName, InetAddress address, boolean ready, boolean terminating, String tag) {
        public Endpoint(String podUid, String podName, InetAddress address, boolean ready, boolean terminating) {
            this(podUid, podName, address, ready, terminating, tagOf(podUid));
        }
    }

    /** A Service's port that leads to a server. */
    public record ServiceName(String namespace, String name, int port) {
        /** As it stands in the capture map: {@code namespace/name:port}. */
        public String reference() {
            return namespace + "/" + name + ":" + port;
        }
    }

    /** The tag of a replica's sessions: the first twelve hexadecimal digits of SHA-256 over the pod's UID. */
    public static String tagOf(String podUid) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(podUid.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime lacks SHA-256", e);
        }
    }
}
