package dev.stockade.operator.leadership;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.operator.status.EventReason;
import dev.stockade.operator.status.Mesh;
import dev.stockade.operator.status.Phrases;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.MeshView;
import dev.stockade.policy.ResourceName;
import dev.stockade.policy.SuspendedBy;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * An identity was taken from somebody who had it.
 *
 * @param about the AgentIdentity, or one of its pods
 * @param reason of the event
 * @param sentence who, and why
 * @param occasion the same for the same withdrawal on every replica
 */
record Withdrawal(ObjectReference about, EventReason reason, String sentence, String occasion) {
    /** Of a mass of pods, each one's own event would say nothing that the agent's does not. */
    private static final int MOST_PODS = 10;

    Withdrawal {
        requireNonNull(about);
        requireNonNull(reason);
        requireNonNull(sentence);
        requireNonNull(occasion);
    }

    /** What was withdrawn from one moment to the next. */
    static List<Withdrawal> between(Mesh before, Mesh after) {
        List<Withdrawal> found = new ArrayList<>();
        for (AgentIdentity agent : before.view().agents()) {
            if (before.view().inMesh(agent.getMetadata().getNamespace())) {
                new Of(agent, before, after).collect(found);
            }
        }
        return found;
    }

    /** The withdrawals that concern one agent. */
    private static final class Of {
        private final AgentIdentity agent;
        private final ResourceName name;
        private final MeshView view;
        private final Mesh after;
        private final boolean suspendedBefore;
        private final List<MeshPod> pods;

        Of(AgentIdentity agent, Mesh before, Mesh after) {
            this.agent = agent;
            this.name = ResourceName.of(agent);
            this.view = after.view();
            this.after = after;
            this.suspendedBefore = before.grants().suspended(agent);
            this.pods = before.claims().pods(agent).stream()
                    .filter(MeshPod::injected)
                    .toList();
        }

        void collect(List<Withdrawal> found) {
            Optional<AgentIdentity> now = view.agent(name).filter(a -> uid(a).equals(uid(agent)));
            if (now.isEmpty()) {
                all(found, EventReason.IDENTITY_WITHDRAWN, "AgentIdentity " + name + " was deleted", "deleted", pods);
            } else if (!view.inMesh(name.namespace())) {
                all(
                        found,
                        EventReason.IDENTITY_WITHDRAWN,
                        "Namespace " + name.namespace() + " has left the mesh",
                        version(now.get()),
                        pods);
            } else {
                if (!suspendedBefore && after.grants().suspended(now.get())) {
                    all(found, EventReason.SUSPENDED, why(now.get()), version(now.get()), pods);
                }
                lost(found, now.get());
            }
        }

        private String why(AgentIdentity now) {
            boolean own = now.getSpec().suspended();
            return SuspendedBy.listed(now, view.trust())
                    .map(s -> "MeshTrust default suspends " + name
                            + (s.reason().isBlank() ? "" : ": " + s.reason().strip())
                            + (own ? " (and so does its own spec.suspended)" : ""))
                    .orElse("spec.suspended of AgentIdentity " + name + " is true");
        }

        /** The pods that were this agent's and are not any more, by the cause. */
        private void lost(List<Withdrawal> found, AgentIdentity now) {
            List<MeshPod> gone = lost(now, pod -> view.pod(pod.uid()).isEmpty());
            if (!gone.isEmpty() && gone.size() <= MOST_PODS) {
                gone.forEach(pod -> found.add(new Withdrawal(
                        about(pod),
                        EventReason.IDENTITY_WITHDRAWN,
                        "Pod " + pod.reference() + " was deleted: what it proved as " + name
                                + " is refused from now on.",
                        "deleted")));
            } else if (!gone.isEmpty()) {
                found.add(new Withdrawal(
                        about(agent),
                        EventReason.IDENTITY_WITHDRAWN,
                        sentence(gone.size() + " pods were deleted", gone),
                        occasion(gone)));
            }
            List<MeshPod> orphaned = lost(
                    now, pod -> view.pod(pod.uid()).filter(MeshPod::orphaned).isPresent());
            if (!orphaned.isEmpty()) {
                String account = "ServiceAccount " + name.namespace() + "/"
                        + orphaned.getFirst().serviceAccount() + " was deleted";
                all(found, EventReason.IDENTITY_WITHDRAWN, account, occasion(orphaned), orphaned);
            }
            List<MeshPod> others = lost(
                    now,
                    pod -> view.pod(pod.uid())
                            .filter(p -> !p.orphaned() && !p.finished())
                            .isPresent());
            if (!others.isEmpty()) {
                all(
                        found,
                        EventReason.IDENTITY_WITHDRAWN,
                        "AgentIdentity " + name + " no longer has these pods",
                        version(now),
                        others);
            }
        }

        private List<MeshPod> lost(AgentIdentity now, Predicate<MeshPod> cause) {
            List<String> kept =
                    after.claims().pods(now).stream().map(MeshPod::uid).toList();
            return pods.stream()
                    .filter(pod -> !kept.contains(pod.uid()))
                    .filter(cause)
                    .toList();
        }

        private void all(
                List<Withdrawal> found, EventReason reason, String cause, String occasion, List<MeshPod> concerned) {
            String sentence = sentence(cause, concerned);
            found.add(new Withdrawal(about(agent), reason, sentence, occasion));
            concerned.stream()
                    .limit(MOST_PODS)
                    .forEach(pod -> found.add(new Withdrawal(about(pod), reason, sentence, occasion)));
        }

        private static String sentence(String cause, List<MeshPod> concerned) {
            return concerned.isEmpty()
                    ? cause + ". No pod held the identity."
                    : cause + ". Cut off: "
                            + Phrases.names(
                                    concerned.stream().map(MeshPod::reference).toList()) + ".";
        }

        private String version(AgentIdentity now) {
            return generation(now) + "/" + view.trust().map(Of::generation).orElse(0L);
        }

        private static String occasion(List<MeshPod> concerned) {
            return concerned.stream().map(MeshPod::uid).sorted().collect(Collectors.joining("/"));
        }

        private static long generation(HasMetadata resource) {
            return Optional.ofNullable(resource.getMetadata().getGeneration()).orElse(0L);
        }

        private static String uid(HasMetadata resource) {
            return resource.getMetadata().getUid();
        }

        private static ObjectReference about(AgentIdentity agent) {
            return new ObjectReferenceBuilder()
                    .withApiVersion(agent.getApiVersion())
                    .withKind(agent.getKind())
                    .withNamespace(agent.getMetadata().getNamespace())
                    .withName(agent.getMetadata().getName())
                    .withUid(uid(agent))
                    .build();
        }

        private static ObjectReference about(MeshPod pod) {
            return new ObjectReferenceBuilder()
                    .withApiVersion("v1")
                    .withKind("Pod")
                    .withNamespace(pod.namespace())
                    .withName(pod.name())
                    .withUid(pod.uid())
                    .build();
        }
    }
}
