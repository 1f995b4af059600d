package dev.stockade.operator.attestation;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.model.identity.BoundPod;
import dev.stockade.operator.attestation.Attested.Identity;
import dev.stockade.operator.attestation.Refusal.Reason;
import dev.stockade.operator.attestation.TokenReviewer.Proof;
import dev.stockade.operator.authority.Authority;
import dev.stockade.operator.cluster.Picture;
import dev.stockade.operator.snapshot.CompiledMesh;
import dev.stockade.policy.Claims;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.MeshView;
import dev.stockade.policy.ResourceName;
import dev.stockade.policy.SuspendedBy;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Finds out which pod calls and what it may be: the token is reviewed and the pod read live for each request, and what the
 * pod cannot have changed since its admission decides.
 */
public final class Attestor {
    /** A sidecar renews every half hour and retries with back-off; this is far above both. */
    private static final int PER_POD_AND_MINUTE = 60;

    /** Asked before the token is reviewed, so that nobody can make the API server review without end. */
    private static final int PER_ADDRESS_AND_MINUTE = 300;

    /** Each takes some milliseconds; a connection to the API server costs as much again. */
    private static final int AT_ONCE = 32;

    /** Less than a sidecar waits for its answer, which is ten seconds. */
    private static final Duration PATIENCE = Duration.ofSeconds(8);

    private final KubernetesClient client;
    private final TokenReviewer reviewer;
    private final Supplier<Picture> picture;
    private final Supplier<CompiledMesh> mesh;
    private final LiveSidecars sidecars;
    private final RequestRate perPod;
    private final RequestRate perAddress;
    private final Turns turns = new Turns(AT_ONCE, PATIENCE);

    /**
     * @param picture how far the pods are known
     * @param mesh the resources that select pods
     * @param sidecars which of them are at work
     */
    public Attestor(
            KubernetesClient client,
            Supplier<Picture> picture,
            Supplier<CompiledMesh> mesh,
            LiveSidecars sidecars,
            Clock clock) {
        this.client = requireNonNull(client);
        this.reviewer = new TokenReviewer(client);
        this.picture = requireNonNull(picture);
        this.mesh = requireNonNull(mesh);
        this.sidecars = requireNonNull(sidecars);
        this.perPod = new RequestRate(PER_POD_AND_MINUTE, clock);
        this.perAddress = new RequestRate(PER_ADDRESS_AND_MINUTE, clock);
    }

    /** @param seen told of the pod as soon as the token has named it, so that a refusal can be recorded with it */
    public Attested attest(Presented presented, SeenPod seen) throws Refusal {
        InetAddress peer = presented.from();
        if (!perAddress.admits(peer.getHostAddress())) {
            throw tooOften("Address " + peer.getHostAddress());
        }
        String token = presented
                .token()
                .orElseThrow(() -> new Refusal(
                        Reason.NO_TOKEN,
                        "No token was sent. Send the projected service-account token as 'authorization: Bearer'."));
        Proven proven = turns.take(() -> prove(token, seen));
        Proof proof = proven.by();
        Pod pod = proven.pod();
        checkAddress(pod, peer);
        checkInjected(pod);
        long version = Math.max(
                picture.get().podsReached(), Long.parseLong(pod.getMetadata().getResourceVersion()));
        Attested attested = identities(pod, new BoundPod(proof.namespace(), proof.podName(), proof.podUid(), version));
        checkHolder(pod, proof, presented.certifiedPod());
        return attested;
    }

    private record Proven(Proof by, Pod pod) {}

    /** Two questions to the API server. */
    private Proven prove(String token, SeenPod seen) throws Refusal {
        Proof proof = reviewer.review(token);
        seen.pod(proof.namespace(), proof.podName(), proof.podUid());
        if (!perPod.admits(proof.podUid())) {
            throw tooOften("Pod " + proof.namespace() + "/" + proof.podName());
        }
        return new Proven(proof, read(proof));
    }

    /** Learns which pod is asking. */
    @FunctionalInterface
    public interface SeenPod {
        void pod(String namespace, String name, String uid);
    }

    private Pod read(Proof proof) throws Refusal {
        String name = proof.namespace() + "/" + proof.podName();
        Pod pod;
        try {
            pod = client.pods()
                    .inNamespace(proof.namespace())
                    .withName(proof.podName())
                    .get();
        } catch (KubernetesClientException e) {
            throw Refusal.ofApiServer("Pod " + name + " cannot be read", e);
        }
        if (pod == null || !proof.podUid().equals(pod.getMetadata().getUid())) {
            throw new Refusal(Reason.POD_GONE, "Pod " + name + " of the token does not exist any more.");
        }
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            throw new Refusal(Reason.POD_TERMINATING, "Pod " + name + " is being deleted and gets no certificate.");
        }
        if (!proof.serviceAccount().equals(MeshPod.of(pod).serviceAccount())) {
            throw new Refusal(
                    Reason.NOT_A_PODS_TOKEN,
                    "Pod " + name + " does not run as service account " + proof.serviceAccount() + " of the token.");
        }
        return pod;
    }

    private static void checkAddress(Pod pod, InetAddress peer) throws Refusal {
        MeshPod mesh = MeshPod.of(pod);
        if (mesh.ips().isEmpty()) {
            // The kubelet starts the first init container before it has written the addresses.
            throw new Refusal(
                    Reason.NO_ADDRESS_YET, "Pod " + mesh.reference() + " has no address in the API yet. Ask again.");
        }
        if (mesh.ips().stream().noneMatch(ip -> isAddress(ip, peer))) {
            throw new Refusal(
                    Reason.OTHER_ADDRESS,
                    "The request for pod " + mesh.reference() + " came from " + peer.getHostAddress()
                            + ", and the pod has " + String.join(", ", mesh.ips())
                            + ". Check that nothing between sidecar and operator rewrites addresses.");
        }
    }

    private static boolean isAddress(String ip, InetAddress peer) {
        try {
            return InetAddress.ofLiteral(ip).equals(peer);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static void checkInjected(Pod pod) throws Refusal {
        List<Container> init = pod.getSpec().getInitContainers();
        if (init == null
                || init.isEmpty()
                || !MeshPod.SIDECAR.equals(init.getFirst().getName())) {
            throw new Refusal(
                    Reason.NOT_INJECTED,
                    "The first init container of pod " + MeshPod.of(pod).reference() + " is not " + MeshPod.SIDECAR
                            + ". Let the webhook inject it.");
        }
    }

    private Attested identities(Pod pod, BoundPod bound) throws Refusal {
        CompiledMesh compiled = mesh.get();
        MeshView view = compiled.view();
        MeshPod candidate = MeshPod.of(pod);
        if (!view.inMesh(candidate.namespace())) {
            throw Unselected.of(candidate, labels(pod), view);
        }
        checkServiceAccount(candidate, compiled);
        // Claims are decided pod by pod, so the pod as it is now can be asked about alone.
        Claims claims = Claims.of(view, candidate);
        List<Identity> identities = new ArrayList<>();
        Optional<SecureMcpServer> server = claims.server(candidate);
        server.ifPresent(s -> identities.add(new Identity(view.identity(s), Authority.SERVER_LIFETIME)));
        Optional<AgentIdentity> agent = claims.agent(candidate);
        Optional<Refusal> suspended = agent.flatMap(a -> suspended(candidate, a, view));
        if (suspended.isEmpty()) {
            agent.ifPresent(a -> identities.add(
                    new Identity(view.identity(a), a.getSpec().certificate().duration())));
        }
        if (identities.isEmpty()) {
            throw suspended.orElseGet(() -> Unselected.of(candidate, labels(pod), view));
        }
        return new Attested(bound, identities, suspended);
    }

    private static Map<String, String> labels(Pod pod) {
        Map<String, String> labels = pod.getMetadata().getLabels();
        return labels == null ? Map.of() : labels;
    }

    /** The API server remembers for some seconds that a token was good; our own watch may know better. */
    private static void checkServiceAccount(MeshPod pod, CompiledMesh compiled) throws Refusal {
        ResourceName account = new ResourceName(pod.namespace(), pod.serviceAccount());
        if (!compiled.view().serviceAccounts().contains(account)
                || compiled.pod(pod.uid()).filter(MeshPod::orphaned).isPresent()) {
            throw new Refusal(
                    Reason.SERVICE_ACCOUNT_GONE,
                    "Service account " + account + " of pod " + pod.reference()
                            + " was deleted after the pod was created, and its identities with it. Create the account"
                            + " if it is missing, then the pod anew.");
        }
    }

    private static Optional<Refusal> suspended(MeshPod pod, AgentIdentity agent, MeshView view) {
        return SuspendedBy.of(agent, view.trust())
                .map(by -> new Refusal(
                        Reason.SUSPENDED,
                        "AgentIdentity " + ResourceName.of(agent) + " of pod " + pod.reference()
                                + " is suspended and gets no new certificate. " + by.sentence(),
                        view.identity(agent)));
    }

    /**
     * A token can be copied and a key cannot: once the pod's sidecar has a certificate, further ones go to whoever shows that.
     * Without it, only a sidecar that is starting gets one, and then nothing else of its pod runs yet; or one that is known to
     * be connected nowhere, whose identity had ended and is back.
     */
    private void checkHolder(Pod pod, Proof proof, Optional<String> certifiedPod) throws Refusal {
        String name = MeshPod.of(pod).reference();
        if (certifiedPod.isPresent()) {
            if (!certifiedPod.get().equals(proof.podUid())) {
                throw new Refusal(
                        Reason.OTHER_POD,
                        "The request shows the certificate of another pod than pod " + name + " of its token.");
            }
            return;
        }
        if (sidecars.live(proof.podUid())) {
            throw new Refusal(
                    Reason.SECOND_HOLDER,
                    "The sidecar of pod " + name + " is connected with its certificate, and this request shows none:"
                            + " it does not come from that sidecar. Find out which container holds its token.");
        }
        if (sidecarReady(pod) && !sidecars.knowsAll()) {
            throw new Refusal(
                    Reason.HOLDER_UNKNOWN,
                    "The sidecar of pod " + name + " is ready, so it should have a certificate, and this request shows"
                            + " none: only the replica that leads can tell whether it is"
                            + " connected. Ask another replica.");
        }
    }

    private static boolean sidecarReady(Pod pod) {
        List<ContainerStatus> statuses =
                pod.getStatus() == null ? null : pod.getStatus().getInitContainerStatuses();
        return statuses != null
                && statuses.stream()
                        .anyMatch(s -> MeshPod.SIDECAR.equals(s.getName()) && Boolean.TRUE.equals(s.getReady()));
    }

    private static Refusal tooOften(String who) {
        return new Refusal(Reason.TOO_OFTEN, who + " asks for certificates too often. Ask again in a minute.");
    }
}
