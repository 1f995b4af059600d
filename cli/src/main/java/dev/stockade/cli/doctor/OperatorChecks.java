package dev.stockade.cli.doctor;

import static dev.stockade.cli.doctor.Finding.fail;
import static dev.stockade.cli.doctor.Finding.ok;
import static dev.stockade.cli.doctor.Finding.warn;
import static dev.stockade.cli.doctor.Labels.each;
import static java.util.Objects.requireNonNullElse;

import dev.stockade.cli.status.Names;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The cluster's versions, our definitions, and the operator. */
final class OperatorChecks {
    private static final Pattern VERSION = Pattern.compile("v?(\\d+)\\.(\\d+).*");
    private static final int MAJOR = 1;
    /** The first with all that the chart uses. */
    private static final int MINOR = 30;
    /** Native sidecars are on since then. */
    private static final int KUBELET_MINOR = 29;
    /** Of a Lease that says no duration. */
    private static final int LEASE_SECONDS = 15;

    private static final Set<String> CANNOT_START = Set.of(
            "ImagePullBackOff",
            "ErrImagePull",
            "InvalidImageName",
            "ErrImageNeverPull",
            "CreateContainerConfigError",
            "CreateContainerError",
            "CrashLoopBackOff");

    private final Installation installation;

    OperatorChecks(Installation installation) {
        this.installation = installation;
    }

    List<Finding> all() {
        return List.of(
                installation.version().check("kubernetes-version", OperatorChecks::version),
                kubelets(),
                definitions(),
                installation.deployment().check("operator", this::deployment),
                installation.operatorPods().check("operator-version", this::oneVersion),
                installation.operatorPods().check("operator-start", OperatorChecks::starts),
                installation.operatorPods().check("operator-nodes", OperatorChecks::spread),
                installation.lease().check("operator-leader", this::leader),
                budget());
    }

    private static boolean atLeast(String version, int minor) {
        Matcher numbers = VERSION.matcher(version);
        return numbers.matches()
                && (Integer.parseInt(numbers.group(1)) > MAJOR
                        || (Integer.parseInt(numbers.group(1)) == MAJOR
                                && Integer.parseInt(numbers.group(2)) >= minor));
    }

    private static Finding version(String version) {
        return atLeast(version, MINOR)
                ? ok("kubernetes-version", "Kubernetes " + version + ".")
                : fail(
                        "kubernetes-version",
                        "Kubernetes " + version + ": Stockade needs 1.30 or later. Upgrade the cluster.");
    }

    private Finding kubelets() {
        return installation.nodes().check("native-sidecars", nodes -> {
            List<String> old = nodes.stream()
                    .filter(n -> n.getStatus() == null
                            || n.getStatus().getNodeInfo() == null
                            || !atLeast(n.getStatus().getNodeInfo().getKubeletVersion(), KUBELET_MINOR))
                    .map(n -> n.getMetadata().getName())
                    .toList();
            return old.isEmpty()
                    ? ok("native-sidecars", "Every node's kubelet runs native sidecars.")
                    : fail(
                            "native-sidecars",
                            "The kubelets of " + Names.first(old)
                                    + " are older than 1.29 and run no native sidecars. Upgrade the nodes, or keep the mesh's pods off them.");
        });
    }

    private Finding definitions() {
        return installation.definitions().check("definitions", found -> {
            List<String> missing = new ArrayList<>();
            List<String> lacking = new ArrayList<>();
            List<String> other = new ArrayList<>();
            for (CustomResourceDefinition expected : installation.expected()) {
                String name = expected.getMetadata().getName();
                Optional<CustomResourceDefinition> there = found.stream()
                        .filter(d -> d.getMetadata().getName().equals(name))
                        .findFirst();
                if (there.isEmpty()) {
                    missing.add(name);
                } else {
                    Schemas.firstLacking(expected, there.get())
                            .ifPresentOrElse(
                                    field -> lacking.add(name + " at " + field),
                                    () -> Schemas.firstLacking(there.get(), expected)
                                            .ifPresent(field -> other.add(name + " has " + field)));
                }
            }
            if (!missing.isEmpty()) {
                return fail(
                        "definitions",
                        "Missing: " + Names.first(missing)
                                + ". The operator creates them when it starts: see its log, or apply the chart's crds folder.");
            }
            if (!lacking.isEmpty()) {
                return fail(
                        "definitions",
                        "Not those of this program's release: " + Names.first(lacking)
                                + ". What they lack, the API server drops. Restart the operator, which applies the definitions of its"
                                + " release; if another release is installed on purpose, use its kubectl-stockade.");
            }
            return other.isEmpty()
                    ? ok("definitions", "All four are there and of this program's release.")
                    : warn(
                            "definitions",
                            "Newer than this program: " + Names.first(other)
                                    + ". Use the kubectl-stockade of the release that is installed.");
        });
    }

    private Finding deployment(Optional<Deployment> found) {
        if (found.isEmpty()) {
            return fail(
                    "operator",
                    "There is no Deployment stockade-operator in namespace " + installation.namespace()
                            + ". Install the chart, or name its namespace with --operator-namespace.");
        }
        Deployment deployment = found.get();
        int wanted = requireNonNullElse(deployment.getSpec().getReplicas(), 1);
        int ready = deployment.getStatus() == null
                ? 0
                : requireNonNullElse(deployment.getStatus().getReadyReplicas(), 0);
        if (wanted == 0 || ready == 0) {
            return fail(
                    "operator",
                    "No replica is ready (" + wanted + " wanted): no pod of the mesh can be created. See: kubectl -n "
                            + installation.namespace() + " describe pods");
        }
        if (ready < wanted) {
            return fail(
                    "operator",
                    ready + " of " + wanted + " replicas are ready. See: kubectl -n " + installation.namespace()
                            + " describe pods");
        }
        return wanted == 1
                ? warn(
                        "operator",
                        "One replica: while it restarts, no pod of the mesh can be created. Set operator.replicas to 2.")
                : ok("operator", wanted + " replicas are ready.");
    }

    private Finding oneVersion(List<Pod> pods) {
        Set<String> images = pods.stream()
                .flatMap(p -> each(p.getSpec().getContainers()).stream())
                .map(Container::getImage)
                .collect(Collectors.toCollection(TreeSet::new));
        return images.size() <= 1
                ? ok(
                        "operator-version",
                        images.isEmpty()
                                ? "No replica runs."
                                : "Every replica runs " + images.iterator().next() + ".")
                : warn(
                        "operator-version",
                        "Replicas of several versions run: " + Names.first(List.copyOf(images))
                                + ". This is so during an upgrade; if it stays, see: kubectl -n "
                                + installation.namespace()
                                + " rollout status deployment stockade-operator");
    }

    private static Finding starts(List<Pod> pods) {
        for (Pod pod : pods) {
            for (ContainerStatus status :
                    each(pod.getStatus() == null ? null : pod.getStatus().getContainerStatuses())) {
                var waiting =
                        status.getState() == null ? null : status.getState().getWaiting();
                if (waiting != null && CANNOT_START.contains(waiting.getReason())) {
                    return fail(
                            "operator-start",
                            "Pod " + pod.getMetadata().getName() + " cannot start: " + waiting.getReason()
                                    + " of " + status.getImage()
                                    + ". Check image.registry and image.tag of the chart, and the pod's log and events.");
                }
            }
        }
        return ok("operator-start", "No replica is kept from starting.");
    }

    private static Finding spread(List<Pod> pods) {
        Set<String> nodes = pods.stream()
                .map(p -> requireNonNullElse(p.getSpec().getNodeName(), ""))
                .collect(Collectors.toSet());
        return pods.size() > 1 && nodes.size() == 1
                ? warn(
                        "operator-nodes",
                        "All replicas run on node " + nodes.iterator().next()
                                + ", and end with it. Delete one of the pods once another node has room.")
                : ok("operator-nodes", "The replicas do not share one node.");
    }

    private Finding leader(Optional<Lease> found) {
        var spec = found.map(Lease::getSpec);
        String holder =
                spec.map(s -> requireNonNullElse(s.getHolderIdentity(), "")).orElse("");
        if (holder.isEmpty()) {
            return fail(
                    "operator-leader",
                    "Nobody holds the Lease stockade-operator: nothing is reconciled. See the operator's log.");
        }
        var renewed = spec.map(s -> s.getRenewTime());
        int seconds = requireNonNullElse(spec.get().getLeaseDurationSeconds(), LEASE_SECONDS);
        if (renewed.isEmpty()
                || renewed.get().toInstant().plus(Duration.ofSeconds(seconds)).isBefore(installation.now())) {
            return fail(
                    "operator-leader",
                    "The Lease of " + holder + " was not renewed within " + seconds
                            + " s: nothing is reconciled. See the operator's log.");
        }
        return ok("operator-leader", "The Lease is held and renewed.");
    }

    private Finding budget() {
        int wanted = installation
                .deployment()
                .or(Optional.empty())
                .map(d -> requireNonNullElse(d.getSpec().getReplicas(), 1))
                .orElse(1);
        return installation
                .budget()
                .check(
                        "operator-budget",
                        found -> found.isPresent() || wanted < 2
                                ? ok("operator-budget", "A drain leaves a replica running.")
                                : warn(
                                        "operator-budget",
                                        "There is no PodDisruptionBudget stockade-operator, so a drain may take every"
                                                + " replica at once. helm upgrade the release."));
    }
}
