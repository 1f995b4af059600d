package dev.stockade.operator.isolation;

import static dev.stockade.operator.status.Conditions.MESH_ONLY;

import dev.stockade.operator.status.Finding;
import dev.stockade.operator.status.Phrases;
import dev.stockade.operator.status.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Whether a server is reached only across the mesh. Pure: from what is known of each pod to the condition. */
final class MeshOnly {
    /** More listening ports than these are not tried; no server needs them. */
    static final int MOST_PORTS = 64;

    private final int port;
    private final Set<Integer> openPorts;
    private final boolean awaitsOwnPolicy;
    private final List<PodEvidence> pods;

    private MeshOnly(int port, Set<Integer> openPorts, boolean awaitsOwnPolicy, List<PodEvidence> pods) {
        this.port = port;
        this.openPorts = openPorts;
        this.awaitsOwnPolicy = awaitsOwnPolicy;
        this.pods = pods;
    }

    /**
     * The condition.
     *
     * @param port the server's
     * @param openPorts those that its owner leaves open
     * @param awaitsOwnPolicy whether the operator keeps a NetworkPolicy for the server and it has not been seen yet
     * @param pods of the server, those that are ending left out
     */
    static Finding finding(int port, Set<Integer> openPorts, boolean awaitsOwnPolicy, List<PodEvidence> pods) {
        return new MeshOnly(port, openPorts, awaitsOwnPolicy, pods).finding();
    }

    private Finding finding() {
        if (pods.isEmpty()) {
            return Finding.unknown(MESH_ONLY, Reason.NO_PODS, "There is no pod with a sidecar to try.");
        }
        return bypass().or(this::policies).or(this::sockets).or(this::attempts).orElseGet(this::proven);
    }

    /** A connection that opened outweighs whatever else is known. */
    private Optional<Finding> bypass() {
        List<String> ways = new ArrayList<>();
        for (PodEvidence pod : pods) {
            Map<Target, List<String>> open = pod.tried().stream()
                    .flatMap(tried -> tried.open().stream()
                            .map(target -> Map.entry(target, tried.vantage().name())))
                    .collect(Collectors.groupingBy(
                            Map.Entry::getKey, Collectors.mapping(Map.Entry::getValue, Collectors.toList())));
            open.forEach(
                    (target, from) -> ways.add("pod " + pod.pod() + " at " + target + " from " + Phrases.names(from)));
        }
        return ways.isEmpty()
                ? Optional.empty()
                : Optional.of(Finding.no(
                        MESH_ONLY,
                        Reason.BYPASS,
                        "Reached around the sidecar: " + Phrases.names(ways)
                                + ". Either the network does not enforce NetworkPolicy, or something opens that port."
                                + openings().map(what -> " " + what).orElse("")));
    }

    private Optional<Finding> policies() {
        List<String> unisolated = named(pod -> !pod.union().isolated());
        if (!unisolated.isEmpty() && awaitsOwnPolicy) {
            return Optional.of(Finding.unknown(
                    MESH_ONLY, Reason.ISOLATING, "The server's own NetworkPolicy is being made, and is not seen yet."));
        }
        if (!unisolated.isEmpty()) {
            return Optional.of(
                    Finding.no(
                            MESH_ONLY,
                            Reason.NOT_ISOLATED,
                            "No NetworkPolicy selects " + Phrases.names(unisolated)
                                    + " for ingress, so that every port is open. Compare the labels that the pods have now with"
                                    + " spec.selector; under spec.isolation None, bring a policy that admits 15008 and 15020 alone."));
        }
        return openings().map(what -> Finding.no(MESH_ONLY, Reason.OPENED_BY_POLICY, what));
    }

    private Optional<String> openings() {
        TreeSet<String> openings = pods.stream()
                .flatMap(pod -> pod.union().openings().stream())
                .collect(Collectors.toCollection(TreeSet::new));
        return openings.isEmpty()
                ? Optional.empty()
                : Optional.of("More is admitted than 15008, 15020 and spec.openPorts: " + Phrases.names(openings)
                        + ". Narrow these policies, or list the ports in spec.openPorts.");
    }

    private Optional<Finding> sockets() {
        List<String> blind = named(pod -> pod.sockets().isEmpty());
        if (!blind.isEmpty()) {
            List<String> old = pods.stream()
                    .filter(pod -> pod.sockets().isEmpty())
                    .flatMap(pod -> pod.release().stream())
                    .distinct()
                    .toList();
            return Optional.of(Finding.unknown(
                    MESH_ONLY,
                    Reason.SOCKETS_UNKNOWN,
                    "The sidecars of " + Phrases.names(blind) + " have not said where their pods listen"
                            + (old.isEmpty()
                                    ? "."
                                    : " (sidecars of release " + Phrases.names(old)
                                            + "; an older one never does: restart the pod).")));
        }
        List<String> many =
                named(pod -> pod.sockets().filter(s -> s.truncated()).isPresent()
                        || ports(pod).size() > MOST_PORTS);
        if (!many.isEmpty()) {
            return Optional.of(Finding.unknown(
                    MESH_ONLY,
                    Reason.TOO_MANY_PORTS,
                    "More than " + MOST_PORTS + " ports listen in " + Phrases.names(many)
                            + ", which are not all tried."));
        }
        List<String> silent =
                named(pod -> !pod.sockets().orElseThrow().listening().containsKey(port));
        return silent.isEmpty()
                ? Optional.empty()
                : Optional.of(Finding.unknown(
                        MESH_ONLY,
                        Reason.NOT_LISTENING,
                        "Nothing listens on port " + port + " in " + Phrases.names(silent)
                                + ": an attempt that fails there proves nothing."));
    }

    private Optional<Finding> attempts() {
        List<String> waiting =
                named(pod -> pod.tried().isEmpty() || !pod.tried().stream().allMatch(Tried::settled));
        if (!waiting.isEmpty()) {
            return Optional.of(
                    Finding.unknown(MESH_ONLY, Reason.PROBING, "Being tried: " + Phrases.names(waiting) + "."));
        }
        List<String> untried = named(pod -> pod.tried().stream().noneMatch(Tried::couldTry));
        return untried.isEmpty()
                ? Optional.empty()
                : Optional.of(Finding.unknown(
                        MESH_ONLY,
                        Reason.COULD_NOT_TRY,
                        "From nowhere was even the sidecar's own port " + Target.CONTROL_PORT + " reached in "
                                + Phrases.names(untried)
                                + ", so that what was refused proves nothing. Allow egress to it from the operator's"
                                + " namespace, or look why the sidecar does not listen."));
    }

    private Finding proven() {
        boolean loopback = pods.stream().allMatch(this::listensOnLoopbackAlone);
        String tried = tried();
        return loopback
                ? Finding.yes(
                        MESH_ONLY,
                        Reason.LOOPBACK_ONLY,
                        "The server listens on loopback alone, so that nobody outside of its pod reaches it but through"
                                + " the sidecar. " + tried)
                : Finding.yes(
                        MESH_ONLY,
                        Reason.NETWORK_POLICY_ONLY,
                        tried + " A NetworkPolicy does not stop processes on the pod's own node (kubelet, pods with"
                                + " hostNetwork): let the server listen on 127.0.0.1 alone to close it to them too.");
    }

    private boolean listensOnLoopbackAlone(PodEvidence pod) {
        Set<Integer> admitted = Target.admitted(openPorts);
        return pod.sockets().orElseThrow().listening().entrySet().stream()
                .allMatch(socket -> socket.getValue() || admitted.contains(socket.getKey()));
    }

    private String tried() {
        SortedSet<Integer> ports = new TreeSet<>();
        pods.forEach(pod -> ports.addAll(ports(pod)));
        Set<String> from = vantages(Tried::couldTry);
        Set<String> not = vantages(tried -> !tried.couldTry());
        boolean alone = pods.stream()
                .flatMap(pod -> pod.tried().stream())
                .allMatch(tried -> tried.vantage().isOperator() || !tried.couldTry());
        return "Nothing opened in " + Phrases.count(pods.size(), "pod") + " at port "
                + ports.stream().map(String::valueOf).collect(Collectors.joining(", ")) + ", tried from "
                + Phrases.names(from) + "."
                + (not.isEmpty() ? "" : " Could not try: " + Phrases.names(not) + ".")
                + (alone ? " No sidecar of another namespace was there to try as well." : "");
    }

    private Set<String> vantages(Predicate<Tried> which) {
        return pods.stream()
                .flatMap(pod -> pod.tried().stream())
                .filter(which)
                .map(tried -> tried.vantage().name())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private SortedSet<Integer> ports(PodEvidence pod) {
        return Target.ports(port, openPorts, pod.sockets());
    }

    private List<String> named(Predicate<PodEvidence> which) {
        return pods.stream().filter(which).map(PodEvidence::pod).toList();
    }
}
