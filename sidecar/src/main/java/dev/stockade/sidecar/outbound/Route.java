package dev.stockade.sidecar.outbound;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.policy.Reason;
import dev.stockade.sidecar.state.AgentRules;
import dev.stockade.sidecar.state.AgentRules.Target;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Where a request leads. Pure. */
sealed interface Route {
    /** How many servers a sentence names. */
    int MOST_NAMED = 20;

    /** How the two endpoints of HTTP+SSE (MCP 2024-11-05) are called by the SDKs. */
    Set<String> OF_2024 = Set.of("sse", "message", "messages");

    /** A server. */
    record To(Target target) implements Route {}

    /** The list of servers, for the agent's configuration. */
    record Listing() implements Route {}

    /** Nowhere. */
    record Refused(int status, Reason reason, String sentence) implements Route {
        public Refused {
            requireNonNull(reason);
            requireNonNull(sentence);
        }
    }

    /** @param uri as it came, neither decoded nor normalised: only the exact form leads anywhere */
    static Route of(Entry entry, String method, String uri, AgentRules agent) {
        Optional<Refused> withdrawn = withdrawn(agent, Optional.of(agent));
        if (withdrawn.isPresent()) {
            return withdrawn.get();
        }
        return switch (entry) {
            case Entry.Local local -> local(method, uri, agent);
            case Entry.Captured captured -> captured(captured, uri, agent);
        };
    }

    /** Why whoever had these rules may send nothing any more; empty while it may. */
    static Optional<Refused> withdrawn(AgentRules former, Optional<AgentRules> now) {
        String name = former.id().namespace() + "/" + former.id().name();
        if (now.isEmpty() || !now.get().id().equals(former.id())) {
            return Optional.of(new Refused(
                    403,
                    Reason.IDENTITY_REFUSED,
                    "This pod is no longer the agent " + name
                            + ": its AgentIdentity was deleted, or no longer selects this pod."));
        }
        if (now.get().suspended()) {
            return Optional.of(new Refused(
                    403,
                    Reason.SUSPENDED,
                    "The agent " + name
                            + " is suspended: its owner or the platform has cut it off from every server."));
        }
        return Optional.empty();
    }

    private static Route local(String method, String uri, AgentRules agent) {
        if (uri.equals("/mcp.json")) {
            return method.equals("GET")
                    ? new Listing()
                    : new Refused(405, Reason.UNKNOWN_PATH, "/mcp.json answers to GET alone.");
        }
        String[] parts = uri.split("/", -1);
        Optional<Target> target =
                parts.length == 3 && parts[0].isEmpty() ? agent.target(parts[1], parts[2]) : Optional.empty();
        return target.<Route>map(To::new)
                .orElseGet(() -> new Refused(404, Reason.UNKNOWN_PATH, unknown(agent) + meant(uri)));
    }

    private static String unknown(AgentRules agent) {
        if (agent.targets().isEmpty()) {
            return "There is no such path: this agent takes no server yet. Name their namespaces in the AgentIdentity's"
                    + " spec.servers.";
        }
        return "There is no such path. " + granted(agent);
    }

    /** The servers that the agent has a grant for, as a sentence. */
    static String granted(AgentRules agent) {
        List<String> paths = agent.targets().stream()
                .filter(Target::granted)
                .map(t -> "/" + t.reference())
                .sorted()
                .toList();
        if (paths.isEmpty()) {
            return "No server has granted this agent anything yet.";
        }
        String more = paths.size() > MOST_NAMED
                ? ", and " + (paths.size() - MOST_NAMED) + " more that /mcp.json lists."
                : ".";
        return "Granted to this agent are exactly these: "
                + paths.stream().limit(MOST_NAMED).collect(Collectors.joining(", ")) + more;
    }

    private static Route captured(Entry.Captured entry, String uri, AgentRules agent) {
        Optional<Target> target = agent.targets().stream()
                .filter(t -> t.services().contains(entry.service()))
                .findFirst();
        if (target.isEmpty()) {
            return new Refused(
                    404,
                    Reason.UNKNOWN_PATH,
                    "The Service " + entry.service().reference() + " is no server's any more.");
        }
        return uri.equals(target.get().path())
                ? new To(target.get())
                : new Refused(
                        404,
                        Reason.UNKNOWN_PATH,
                        "There is no such path: the server " + target.get().reference() + " is reached at "
                                + target.get().path() + " alone." + meant(uri));
    }

    /** What somebody who asks for such a path has in mind, and what leads there; empty for most. */
    private static String meant(String uri) {
        String path = uri.split("\\?", 2)[0];
        if (path.startsWith("/.well-known/")) {
            return " Where a server asks for OAuth, its metadata is not reached through the mesh: get the token from its"
                    + " authorization server, and send it in Authorization, which passes through.";
        }
        String last = path.substring(path.lastIndexOf('/') + 1);
        return OF_2024.contains(last)
                ? " The transport of MCP 2024-11-05 (HTTP+SSE) is not carried: client and server have to speak Streamable"
                        + " HTTP."
                : "";
    }
}
