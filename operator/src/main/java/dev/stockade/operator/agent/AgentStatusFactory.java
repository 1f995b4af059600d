package dev.stockade.operator.agent;

import static dev.stockade.operator.status.Conditions.ACCEPTED;
import static dev.stockade.operator.status.Conditions.INJECTED;
import static dev.stockade.operator.status.Conditions.SUSPENDED;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.agent.AgentIdentityStatus;
import dev.stockade.crds.common.Condition;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.operator.acks.Acknowledgements;
import dev.stockade.operator.status.Conditions;
import dev.stockade.operator.status.Finding;
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
import dev.stockade.policy.ResourceName;
import dev.stockade.policy.Selectors;
import dev.stockade.policy.SuspendedBy;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What is so of an agent. Pure. */
final class AgentStatusFactory {
    private AgentStatusFactory() {}

    /**
     * The status; equal to the published one if nothing has changed.
     *
     * @param bare the selected pods that have no sidecar
     * @param restarting how far restarting those has come
     * @param outdated names sidecars of another release
     * @param settling whether missing reports of sidecars say nothing yet
     */
    static AgentIdentityStatus of(
            AgentIdentity agent,
            Mesh mesh,
            Acknowledgements acks,
            List<String> bare,
            Optional<Restarting> restarting,
            Outdated outdated,
            Settling settling,
            Instant now) {
        long generation = agent.getMetadata().getGeneration();
        List<Condition> published = agent.getStatus().conditions();
        List<MeshPod> pods =
                mesh.claims().pods(agent).stream().filter(MeshPod::injected).toList();
        List<MeshPod> concerned = concerned(agent, mesh, pods);
        Progress progress = Progress.of(agent.getMetadata().getUid(), generation, concerned, mesh.view()::pod, acks);
        Progress own = Progress.of(agent.getMetadata().getUid(), generation, pods, pod -> Optional.empty(), acks);

        Finding accepted = accepted(agent, mesh, pods.size());
        Finding injected = Membership.unlessNotInMesh(
                accepted,
                outdated.named(
                        Membership.injected(
                                pods.size(),
                                bare,
                                Membership.orphaned(
                                        mesh.view().podsIn(agent.getMetadata().getNamespace()),
                                        pod -> Selectors.selects(agent, pod)),
                                restarting),
                        pods,
                        acks,
                        Conditions.find(published, INJECTED),
                        settling));
        Finding acknowledged =
                progress.finding(Conditions.READY, Conditions.find(published, Conditions.READY), settling);
        Finding ready = Conditions.ready(
                injected.isFor(Reason.NO_PODS)
                        ? injected
                        : Finding.yes(Conditions.READY, Reason.ACKNOWLEDGED, acknowledged.message()),
                accepted,
                injected,
                acknowledged);
        List<Finding> findings = List.of(
                ready,
                Membership.stalled(accepted, injected, restarting),
                accepted,
                injected,
                suspended(agent, mesh, acks, progress, concerned, settling));
        return new AgentIdentityStatus(
                generation,
                Conditions.of(findings, generation, published, now),
                mesh.view().identity(agent).uri(),
                pods.size() + bare.size(),
                own.column(agent.getStatus().sidecars(), Conditions.find(published, Conditions.READY), settling),
                NotCapturedNames.of(agent, mesh, pods));
    }

    /** Its own pods, and those of the servers that a policy opens to it: what changes here changes what they do. */
    private static List<MeshPod> concerned(AgentIdentity agent, Mesh mesh, List<MeshPod> pods) {
        ResourceName name = ResourceName.of(agent);
        Stream<MeshPod> servers = mesh.grants().naming(name).stream()
                .map(policy -> mesh.grants().resolution(policy))
                .flatMap(resolution -> resolution.servers().stream())
                .distinct()
                .flatMap(server -> mesh.view().server(server).stream())
                .flatMap(server -> mesh.claims().pods(server).stream());
        return Stream.concat(pods.stream(), servers).distinct().toList();
    }

    private static Finding accepted(AgentIdentity agent, Mesh mesh, int pods) {
        String namespace = agent.getMetadata().getNamespace();
        if (!mesh.view().inMesh(namespace)) {
            return Membership.namespaceNotInMesh(namespace);
        }
        List<Claims.Conflict> conflicts = mesh.claims().conflicts(agent);
        if (!conflicts.isEmpty()) {
            return Membership.conflict("AgentIdentity", conflicts);
        }
        ResourceName account = new ResourceName(namespace, agent.getSpec().serviceAccountName());
        if (!mesh.view().serviceAccounts().contains(account)) {
            return Finding.yes(
                    ACCEPTED,
                    Reason.NO_SERVICE_ACCOUNT,
                    "ServiceAccount " + account + " does not exist yet. Create it, or set spec.serviceAccountName.");
        }
        int taken = mesh.grants().taken(agent).size();
        return taken == 0
                ? Finding.yes(
                        ACCEPTED,
                        Reason.NO_SERVERS,
                        "No SecureMcpServer exists that spec.servers takes"
                                + (agent.getSpec().servers() == null
                                        ? " (by default those of namespace " + namespace + ")."
                                        : "."))
                : Finding.yes(
                        ACCEPTED,
                        Reason.ACCEPTED,
                        Phrases.count(pods, "pod") + ", " + Phrases.count(taken, "server") + ".");
    }

    /** True only once it is in force everywhere; whoever reads True may rely on it. */
    private static Finding suspended(
            AgentIdentity agent,
            Mesh mesh,
            Acknowledgements acks,
            Progress own,
            List<MeshPod> concerned,
            Settling settling) {
        Optional<Condition> published = Conditions.find(agent.getStatus().conditions(), SUSPENDED);
        long generation = agent.getMetadata().getGeneration();
        if (mesh.grants().suspended(agent)
                && published.filter(c -> settling.keeps(c, generation)).isPresent()) {
            return Finding.kept(published.get());
        }
        Optional<MeshTrust> trust = mesh.view().trust();
        Optional<SuspendedBy> by = SuspendedBy.of(agent, trust);
        if (by.isEmpty()) {
            return Finding.no(SUSPENDED, Reason.NOT_SUSPENDED, "");
        }
        if (!by.get().platform()) {
            return inForce(own, Reason.SUSPENDED, by.get().sentence());
        }
        ObjectMeta platform = trust.orElseThrow().getMetadata();
        return inForce(
                Progress.of(platform.getUid(), platform.getGeneration(), concerned, pod -> Optional.empty(), acks),
                Reason.SUSPENDED_BY_MESH_TRUST,
                by.get().sentence());
    }

    private static Finding inForce(Progress progress, Reason reason, String why) {
        Finding finding = progress.finding(SUSPENDED, Optional.empty(), Settling.OVER);
        return switch (finding.status()) {
            case TRUE -> Finding.yes(SUSPENDED, reason, why);
            case FALSE, UNKNOWN ->
                new Finding(
                        SUSPENDED,
                        Condition.Status.UNKNOWN,
                        finding.reason(),
                        why + " Not in force everywhere yet: " + finding.message());
        };
    }
}
