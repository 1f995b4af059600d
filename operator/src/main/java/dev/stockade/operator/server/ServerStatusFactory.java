package dev.stockade.operator.server;

import static dev.stockade.operator.status.Conditions.ACCEPTED;
import static dev.stockade.operator.status.Conditions.MESH_ONLY;
import static dev.stockade.operator.status.Conditions.POLICY_ENFORCED;

import dev.stockade.crds.common.Condition;
import dev.stockade.crds.server.Enforcement;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.server.SecureMcpServerStatus;
import dev.stockade.operator.acks.Acknowledgements;
import dev.stockade.operator.status.Conditions;
import dev.stockade.operator.status.Finding;
import dev.stockade.operator.status.Membership;
import dev.stockade.operator.status.Mesh;
import dev.stockade.operator.status.Phrases;
import dev.stockade.operator.status.Progress;
import dev.stockade.operator.status.Restarting;
import dev.stockade.operator.status.Settling;
import dev.stockade.policy.Claims;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.Selectors;
import dev.stockade.policy.ServiceNames;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What is so of a server. Pure. */
final class ServerStatusFactory {
    private ServerStatusFactory() {}

    /**
     * The status; equal to the published one if nothing has changed.
     *
     * @param bare the selected pods that have no sidecar
     * @param restarting how far restarting those has come
     * @param tried the condition MeshOnly as it was found
     * @param settling whether missing reports of sidecars say nothing yet
     */
    static SecureMcpServerStatus of(
            SecureMcpServer server,
            Mesh mesh,
            Acknowledgements acks,
            List<String> bare,
            Optional<Restarting> restarting,
            Finding tried,
            Settling settling,
            Instant now) {
        long generation = server.getMetadata().getGeneration();
        List<Condition> published = server.getStatus().conditions();
        List<MeshPod> pods = pods(server, mesh);
        Progress progress = Progress.of(
                server.getMetadata().getUid(), generation, pods, mesh.view().pods(), acks);

        Finding accepted = accepted(server, mesh, pods);
        Finding injected = Membership.injected(
                pods.size(), bare, Membership.orphaned(mesh.view(), pod -> Selectors.selects(server, pod)), restarting);
        Finding acknowledged = progress.finding(POLICY_ENFORCED, Conditions.find(published, POLICY_ENFORCED), settling);
        Finding enforced = server.getSpec().enforcement() == Enforcement.OBSERVE && acknowledged.isTrue()
                ? Finding.no(
                        POLICY_ENFORCED,
                        "Observing",
                        "spec.enforcement is Observe: what the policy refuses is recorded and gets through.")
                : BufferWish.named(server.getSpec().limits(), acknowledged);
        Finding meshOnly = meshOnly(tried, Conditions.find(published, MESH_ONLY), generation, settling);
        Finding otherwise = meshOnly.status() == Condition.Status.FALSE
                ? meshOnly
                : injected.reason().equals(Membership.NO_PODS)
                        ? injected
                        : Finding.yes(Conditions.READY, "Enforced", acknowledged.message());
        Finding ready = Conditions.ready(otherwise, accepted, injected, acknowledged);
        List<Finding> findings = List.of(
                ready, Membership.stalled(accepted, injected, restarting), accepted, injected, meshOnly, enforced);
        return new SecureMcpServerStatus(
                generation,
                Conditions.of(findings, generation, published, now),
                pods.size() + bare.size(),
                progress.column(),
                server.getSpec().openPorts());
    }

    /** The same where nobody restarts pods. */
    static SecureMcpServerStatus of(
            SecureMcpServer server,
            Mesh mesh,
            Acknowledgements acks,
            List<String> bare,
            Finding tried,
            Settling settling,
            Instant now) {
        return of(server, mesh, acks, bare, Optional.empty(), tried, settling, now);
    }

    /** The server's pods that have a sidecar. */
    static List<MeshPod> pods(SecureMcpServer server, Mesh mesh) {
        return mesh.claims().pods(server).stream().filter(MeshPod::injected).toList();
    }

    /**
     * What was found, or, while nothing is known, what was known last: a way around that was found is there until an attempt fails
     * to find it, and a new leader has yet to try what the former one has proven.
     */
    private static Finding meshOnly(Finding tried, Optional<Condition> published, long generation, Settling settling) {
        if (tried.status() != Condition.Status.UNKNOWN || tried.reason().equals("NoPods")) {
            return tried;
        }
        return published
                .filter(c -> (c.reason().equals("Bypass") && c.status() == Condition.Status.FALSE)
                        || settling.keeps(c, generation))
                .map(c -> new Finding(MESH_ONLY, c.status(), c.reason(), c.message()))
                .orElse(tried);
    }

    private static Finding accepted(SecureMcpServer server, Mesh mesh, List<MeshPod> pods) {
        String namespace = server.getMetadata().getNamespace();
        if (!mesh.view().inMesh(namespace)) {
            return Membership.namespaceNotInMesh(namespace);
        }
        List<Claims.Conflict> conflicts = mesh.claims().conflicts(server);
        if (!conflicts.isEmpty()) {
            return Membership.conflict("SecureMcpServer", conflicts);
        }
        int port = server.getSpec().port();
        List<String> declared = pods.stream()
                .flatMap(pod -> pod.ports().stream())
                .map(MeshPod.DeclaredPort::number)
                .distinct()
                .sorted()
                .map(String::valueOf)
                .toList();
        if (!declared.isEmpty() && !declared.contains(String.valueOf(port))) {
            return Finding.yes(
                    ACCEPTED,
                    "PortNotDeclared",
                    "Port " + port + " is not a container port of any selected pod (found "
                            + String.join(", ", declared) + "). Set spec.port, unless the server listens on " + port
                            + " without declaring it.");
        }
        String name = namespace + "/" + server.getMetadata().getName();
        return ServiceNames.of(server, mesh.view().services(), pods).isEmpty()
                ? Finding.yes(
                        ACCEPTED,
                        "NoService",
                        "No Service leads to port " + port + ": agents reach the server at http://127.0.0.1:15001/"
                                + name + ", and by no name.")
                : Finding.yes(
                        ACCEPTED, "Accepted", "Serves " + Phrases.count(pods.size(), "pod") + " at port " + port + ".");
    }
}
