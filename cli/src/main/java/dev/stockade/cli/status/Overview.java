package dev.stockade.cli.status;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The mesh at one moment. Rows come worst first, then in the order of their names.
 *
 * @param troubles the worst first
 * @param unread what could not be read
 */
public record Overview(
        Optional<Trust> trust,
        List<Trouble> troubles,
        List<Server> servers,
        List<Agent> agents,
        List<Grant> grants,
        List<String> unread) {
    public Overview {
        requireNonNull(trust);
        troubles = List.copyOf(troubles);
        servers = List.copyOf(servers);
        agents = List.copyOf(agents);
        grants = List.copyOf(grants);
        unread = List.copyOf(unread);
    }

    /** Whether something does not do what was asked for. */
    public boolean wrong() {
        return troubles.stream().anyMatch(t -> t.level() != Trouble.Level.NOTICE);
    }

    /**
     * The certificate authority.
     *
     * @param step of a rotation; {@code Stable} outside of one
     * @param issuerEnds RFC 3339; empty before there is one
     * @param rootEnds RFC 3339; empty before there is one
     */
    public record Trust(String domain, String ready, String step, String issuerEnds, String rootEnds) {
        public Trust {
            requireNonNull(domain);
            requireNonNull(ready);
            requireNonNull(step);
            requireNonNull(issuerEnds);
            requireNonNull(rootEnds);
        }
    }

    /**
     * @param ready the condition's status, {@code -} before there is one; so are {@code meshOnly}
     * @param pods that it is
     * @param withSidecar how many of them have one; empty if pods could not be read
     * @param sidecars that enforce its policy, of how many: {@code 2/2}
     * @param agents that may call it
     */
    public record Server(
            String name,
            String ready,
            int pods,
            OptionalInt withSidecar,
            String sidecars,
            String meshOnly,
            boolean observes,
            List<String> agents) {
        public Server {
            requireNonNull(name);
            requireNonNull(ready);
            requireNonNull(withSidecar);
            requireNonNull(sidecars);
            requireNonNull(meshOnly);
            agents = List.copyOf(agents);
        }
    }

    /**
     * @param sidecars that hold what it is granted, of how many: {@code 1/1}
     * @param servers that it may call
     */
    public record Agent(
            String name,
            String ready,
            int pods,
            OptionalInt withSidecar,
            String sidecars,
            boolean suspended,
            List<String> servers) {
        public Agent {
            requireNonNull(name);
            requireNonNull(ready);
            requireNonNull(withSidecar);
            requireNonNull(sidecars);
            servers = List.copyOf(servers);
        }
    }

    /**
     * What one agent may do at one server, as people read it.
     *
     * @param allow {@code tools get_issue, list_* (when ...)}
     * @param deny likewise
     * @param shadow what policies in Shadow would allow and deny, {@code deny} written out
     */
    public record Grant(
            String agent,
            String server,
            boolean suspended,
            List<String> allow,
            List<String> deny,
            List<String> shadow) {
        public Grant {
            requireNonNull(agent);
            requireNonNull(server);
            allow = List.copyOf(allow);
            deny = List.copyOf(deny);
            shadow = List.copyOf(shadow);
        }
    }
}
