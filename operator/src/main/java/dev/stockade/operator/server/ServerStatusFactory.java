package dev.stockade.operator.server;

import static dev.stockade.operator.status.Conditions.ACCEPTED;
import static dev.stockade.operator.status.Conditions.INJECTED;
import static dev.stockade.operator.status.Conditions.MESH_ONLY;
import static dev.stockade.operator.status.Conditions.POLICY_ENFORCED;

import dev.stockade.crds.common.Condition;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.server.SecureMcpServerStatus;
import dev.stockade.operator.acks.Acknowledgements;
import dev.stockade.operator.acks.PodSockets;
import dev.stockade.operator.acks.SidecarReport;
import dev.stockade.operator.status.Conditions;
import dev.stockade.operator.status.Finding;
import dev.stockade.operator.status.Isolation;
import dev.stockade.operator.status.Membership;
import dev.stockade.operator.status.Mesh;
import dev.stockade.operator.status.Outdated;
import dev.stockade.operator.status.Phrases;
import dev.stockade.operator.status.Progress;
import dev.stockade.operator.status.Reason;
import dev.stockade.operator.status.Restarting;
import dev.stockade.operator.status.Settling;
import dev.stockade.policy.Claims;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.Selectors;
import dev.stockade.policy.ServiceNames;
import dev.stockade.policy.ServicePort;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What is so of a server. Pure. */
final class ServerStatusFactory {
    private ServerStatusFactory() {}

    /**
     * The status; equal to the published one if nothing has changed.
     *
     * @param bare the selected pods that have no sidecar
     * @param restarting how far restarting those has come
     * @param tried the condition MeshOnly as it was found
     * @param outdated names sidecars of another release
     * @param settling whether missing reports of sidecars say nothing yet
     */
    static SecureMcpServerStatus of(
            SecureMcpServer server,
            Mesh mesh,
            Acknowledgements acks,
            List<String> bare,
            Optional<Restarting> restarting,
            Finding tried,
            Outdated outdated,
            Settling settling,
            Instant now) {
        long generation = server.getMetadata().getGeneration();
        List<Condition> published = server.getStatus().conditions();
        List<MeshPod> pods = pods(server, mesh);
        Progress progress = Progress.of(server.getMetadata().getUid(), generation, pods, mesh.view()::pod, acks);

        Finding accepted = accepted(server, mesh, pods, acks);
        Finding injected = Membership.unlessNotInMesh(
                accepted,
                outdated.named(
                        Membership.injected(
                                pods.size(),
                                bare,
                                Membership.orphaned(
                                        mesh.view().podsIn(server.getMetadata().getNamespace()),
                                        pod -> Selectors.selects(server, pod)),
                                restarting),
                        pods,
                        acks,
                        Conditions.find(published, INJECTED),
                        settling));
        Finding acknowledged = progress.finding(
                POLICY_ENFORCED, Conditions.find(published, POLICY_ENFORCED).map(Observing::acknowledged), settling);
        Finding enforced = Membership.unlessOutside(
                accepted,
                progress,
                BufferWish.named(
                        server.getSpec().limits(),
                        Observing.named(server.getSpec().enforcement(), acknowledged)));
        Finding meshOnly = meshOnly(tried, Conditions.find(published, MESH_ONLY), generation, settling);
        Finding otherwise = meshOnly.status() == Condition.Status.FALSE
                ? meshOnly
                : injected.isFor(Reason.NO_PODS)
                        ? injected
                        : Finding.yes(Conditions.READY, Reason.ENFORCED, acknowledged.message());
        Finding ready = Conditions.ready(otherwise, accepted, injected, acknowledged);
        List<Finding> findings = List.of(
                ready, Membership.stalled(accepted, injected, restarting), accepted, injected, meshOnly, enforced);
        return new SecureMcpServerStatus(
                generation,
                Conditions.of(findings, generation, published, now),
                pods.size() + bare.size(),
                progress.column(
                        server.getStatus().sidecars(),
                        Conditions.find(published, POLICY_ENFORCED).map(Observing::acknowledged),
                        settling),
                server.getSpec().openPorts());
    }

    /** The server's pods that have a sidecar. */
    static List<MeshPod> pods(SecureMcpServer server, Mesh mesh) {
        return mesh.claims().pods(server).stream().filter(MeshPod::injected).toList();
    }

    /**
     * What was found, or, while nothing is known, what was known last: a way around that was found is there until an attempt fails
     * to find it, and a new leader has yet to try what the former one has proven: that says something as long as an attempt does, and at ten attempts
     * a second it takes a minute for 600.
     */
    private static Finding meshOnly(Finding tried, Optional<Condition> published, long generation, Settling settling) {
        if (tried.status() != Condition.Status.UNKNOWN || tried.isFor(Reason.NO_PODS)) {
            return tried;
        }
        return published
                .filter(c -> (c.reason().equals(Reason.BYPASS.word()) && c.status() == Condition.Status.FALSE)
                        || (c.status() != Condition.Status.UNKNOWN
                                && settling.isFormers(
                                        c, generation, tried.isFor(Reason.PROBING) ? Isolation.VALID : Duration.ZERO)))
                .map(Finding::kept)
                .orElse(tried);
    }

    private static Finding accepted(SecureMcpServer server, Mesh mesh, List<MeshPod> pods, Acknowledgements acks) {
        String namespace = server.getMetadata().getNamespace();
        if (!mesh.view().inMesh(namespace)) {
            return Membership.namespaceNotInMesh(namespace);
        }
        List<Claims.Conflict> conflicts = mesh.claims().conflicts(server);
        if (!conflicts.isEmpty()) {
            return conflict(server, mesh, conflicts);
        }
        return Stream.of(portNotDeclared(server, pods), notStreamable(server, pods, acks))
                .flatMap(Optional::stream)
                .findFirst()
                .orElseGet(() -> served(server, mesh, pods));
    }

    /** Two containers of one pod that each serve are the usual reason, and no selector tells them apart. */
    private static Finding conflict(SecureMcpServer server, Mesh mesh, List<Claims.Conflict> conflicts) {
        Finding conflict = Membership.conflict("SecureMcpServer", conflicts);
        boolean otherPort = conflicts.stream()
                .flatMap(c -> mesh.view().server(c.winner()).stream())
                .anyMatch(winner -> winner.getSpec().port() != server.getSpec().port());
        return otherPort
                ? conflict.also("A pod is one server: what listens on port "
                        + server.getSpec().port() + " of the same pod has to run in a pod of its own.")
                : conflict;
    }

    private static Optional<Finding> portNotDeclared(SecureMcpServer server, List<MeshPod> pods) {
        int port = server.getSpec().port();
        List<String> declared = pods.stream()
                .flatMap(pod -> pod.ports().stream())
                .map(MeshPod.DeclaredPort::number)
                .distinct()
                .sorted()
                .map(String::valueOf)
                .toList();
        return declared.isEmpty() || declared.contains(String.valueOf(port))
                ? Optional.empty()
                : Optional.of(Finding.yes(
                        ACCEPTED,
                        Reason.PORT_NOT_DECLARED,
                        "Port " + port + " is not a container port of any selected pod (found "
                                + String.join(", ", declared) + "). Set spec.port, unless the server listens on "
                                + port + " without declaring it."));
    }

    private static Optional<Finding> notStreamable(SecureMcpServer server, List<MeshPod> pods, Acknowledgements acks) {
        Map<String, Integer> refusing = new TreeMap<>();
        for (MeshPod pod : pods) {
            acks.report(pod.uid())
                    .filter(SidecarReport::connected)
                    .flatMap(SidecarReport::sockets)
                    .map(PodSockets::refusedInitialize)
                    .filter(status -> status != 0)
                    .ifPresent(status -> refusing.put(pod.reference(), status));
        }
        return refusing.isEmpty()
                ? Optional.empty()
                : Optional.of(Finding.yes(
                        ACCEPTED,
                        Reason.NOT_STREAMABLE_HTTP,
                        Phrases.names(refusing.keySet()) + " answered "
                                + Phrases.names(refusing.values().stream()
                                        .map(String::valueOf)
                                        .toList())
                                + " at " + server.getSpec().path() + " when an agent began: nothing there speaks"
                                + " Streamable HTTP. Set spec.path to where the server does. One that speaks only"
                                + " HTTP+SSE (MCP 2024-11-05) is not carried, and needs a newer release or a bridge in"
                                + " front of it."));
    }

    private static Finding served(SecureMcpServer server, Mesh mesh, List<MeshPod> pods) {
        String namespace = server.getMetadata().getNamespace();
        int port = server.getSpec().port();
        Set<ServicePort> names =
                new TreeSet<>(ServiceNames.of(server, mesh.view().servicesIn(namespace), pods));
        if (names.isEmpty()) {
            return Finding.yes(
                    ACCEPTED,
                    Reason.NO_SERVICE,
                    "No Service leads to port " + port + ": agents reach the server at http://127.0.0.1:15001/"
                            + namespace + "/" + server.getMetadata().getName() + ", and by no name.");
        }
        List<String> headless = mesh.view().servicesIn(namespace).stream()
                .filter(ServiceNames::headless)
                .filter(service -> names.contains(new ServicePort(
                        service.getMetadata().getNamespace(),
                        service.getMetadata().getName(),
                        port)))
                .map(service -> service.getMetadata().getName())
                .toList();
        String serves = "Serves " + Phrases.count(pods.size(), "pod") + " at port " + port + ".";
        return Finding.yes(
                ACCEPTED,
                Reason.ACCEPTED,
                headless.isEmpty()
                        ? serves
                        : serves + " Agents use the name of the headless Service " + Phrases.names(headless)
                                + " itself: names of single pods below it do not lead into the mesh, and answer nobody.");
    }
}
