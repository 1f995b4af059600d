package dev.stockade.operator.isolation;

import static dev.stockade.operator.status.Conditions.MESH_ONLY;
import static java.util.Objects.requireNonNull;

import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.operator.acks.Acknowledgements;
import dev.stockade.operator.acks.PodSockets;
import dev.stockade.operator.acks.SidecarReport;
import dev.stockade.operator.status.Finding;
import dev.stockade.operator.status.Isolation;
import dev.stockade.operator.status.Mesh;
import dev.stockade.operator.status.Reason;
import dev.stockade.policy.MeshPod;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Gathers what is known of a server's pods: policies, sockets, attempts. */
public final class ProvenIsolation implements Isolation {
    private final Supplier<Mesh> mesh;
    private final Function<MeshPod, Optional<Pod>> live;
    private final Function<String, Optional<List<NetworkPolicy>>> policies;
    private final Acknowledgements sidecars;
    private final Trials trials = new Trials();
    private final Clock clock;

    /**
     * @param mesh which pod is whose
     * @param policies those of a namespace; empty until they are known
     * @param live the pod as it is now: NetworkPolicies know nothing of what admission saw
     */
    public ProvenIsolation(
            Supplier<Mesh> mesh,
            Function<MeshPod, Optional<Pod>> live,
            Function<String, Optional<List<NetworkPolicy>>> policies,
            Acknowledgements sidecars,
            Clock clock) {
        this.mesh = requireNonNull(mesh);
        this.live = requireNonNull(live);
        this.policies = requireNonNull(policies);
        this.sidecars = requireNonNull(sidecars);
        this.clock = requireNonNull(clock);
    }

    /**
     * One pod that is to be tried.
     *
     * @param listening whether it is known where the pod listens
     */
    record Subject(ProtectedPod pod, List<Target> targets, boolean listening, String policyVersions) {}

    Trials trials() {
        return trials;
    }

    @Override
    public Finding of(SecureMcpServer server, List<MeshPod> selected, boolean managed) {
        Optional<List<NetworkPolicy>> known =
                policies.apply(server.getMetadata().getNamespace());
        if (known.isEmpty()) {
            return Finding.unknown(MESH_ONLY, Reason.PROBING, "The NetworkPolicies of the cluster are being listed.");
        }
        List<NetworkPolicy> inForce = known.get();
        boolean awaitsOwn = managed
                && inForce.stream()
                        .noneMatch(policy -> policy.getMetadata()
                                .getName()
                                .equals("stockade-" + server.getMetadata().getName()));
        Set<Integer> open = new TreeSet<>(server.getSpec().openPorts());
        List<PodEvidence> evidence = new ArrayList<>();
        for (MeshPod pod : selected) {
            tried(pod).ifPresent(there -> evidence.add(evidence(server, there, inForce, open)));
        }
        return MeshOnly.finding(server.getSpec().port(), open, awaitsOwn, evidence);
    }

    private PodEvidence evidence(
            SecureMcpServer server, ProtectedPod pod, Collection<NetworkPolicy> inForce, Set<Integer> open) {
        Optional<SidecarReport> report = heard(pod);
        Optional<PodSockets> sockets = report.flatMap(SidecarReport::sockets);
        List<Target> targets = Target.of(pod, Target.ports(server.getSpec().port(), open, sockets));
        return new PodEvidence(
                pod.reference(),
                IngressUnion.of(pod, inForce, Target.admitted(open)),
                sockets,
                report.map(SidecarReport::release),
                trials.of(pod.uid(), targets, clock.instant()));
    }

    /** Nothing of a pod that is ending, or has no address yet. */
    private Optional<ProtectedPod> tried(MeshPod pod) {
        return pod.injected() && !pod.terminating() && !pod.ips().isEmpty()
                ? live.apply(pod)
                        .map(ProtectedPod::of)
                        .filter(there -> !there.ips().isEmpty())
                : Optional.empty();
    }

    /** Every pod of every server that can be tried. */
    List<Subject> subjects() {
        Mesh now = mesh.get();
        List<Subject> subjects = new ArrayList<>();
        Map<String, String> versions = new HashMap<>();
        for (MeshPod pod : now.view().pods()) {
            now.claims()
                    .server(pod)
                    .flatMap(server -> tried(pod)
                            .map(there -> subject(
                                    server, there, versions.computeIfAbsent(pod.namespace(), this::policyVersions))))
                    .ifPresent(subjects::add);
        }
        return subjects;
    }

    private Subject subject(SecureMcpServer server, ProtectedPod pod, String policyVersions) {
        Optional<PodSockets> sockets = heard(pod).flatMap(SidecarReport::sockets);
        var ports = new TreeSet<>(Target.ports(
                server.getSpec().port(), new TreeSet<>(server.getSpec().openPorts()), sockets));
        while (ports.size() > MeshOnly.MOST_PORTS) {
            ports.pollLast();
        }
        return new Subject(pod, Target.of(pod, ports), sockets.isPresent(), policyVersions);
    }

    /** A sidecar that is on its way from one replica to another has said what it said. */
    private Optional<SidecarReport> heard(ProtectedPod pod) {
        return sidecars.report(pod.uid()).filter(report -> report.heard(clock.instant()));
    }

    private String policyVersions(String namespace) {
        return policies.apply(namespace).orElse(List.of()).stream()
                .map(policy -> policy.getMetadata().getUid() + ":"
                        + policy.getMetadata().getResourceVersion())
                .sorted()
                .collect(Collectors.joining(","));
    }

    /** Where connected sidecars run, as vantage points. */
    List<Vantage> vantages(Set<String> connected) {
        return connected.isEmpty()
                ? List.of()
                : mesh.get().view().pods().stream()
                        .filter(pod -> connected.contains(pod.uid()))
                        .flatMap(pod -> tried(pod).stream())
                        .map(Vantage::of)
                        .toList();
    }
}
