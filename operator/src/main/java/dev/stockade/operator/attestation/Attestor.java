package dev.stockade.operator.attestation;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.model.identity.BoundPod;
import dev.stockade.operator.attestation.Attested.Identity;
import dev.stockade.operator.attestation.Refusal.Reason;
import dev.stockade.operator.attestation.TokenReviewer.Proof;
import dev.stockade.operator.cluster.Picture;
import dev.stockade.operator.snapshot.CompiledMesh;
import dev.stockade.policy.Claims;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.MeshView;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

    private static final Duration SERVER_LIFETIME = Duration.ofHours(1);

    private final KubernetesClient client;
    private final TokenReviewer reviewer;
    private final Supplier<Picture> picture;
    private final Supplier<CompiledMesh> mesh;
    private final RequestRate perPod;
    private final RequestRate perAddress;

    /**
     * @param picture how far the pods are known
     * @param mesh the resources that select pods
     */
    public Attestor(KubernetesClient client, Supplier<Picture> picture, Supplier<CompiledMesh> mesh, Clock clock) {
        this.client = requireNonNull(client);
        this.reviewer = new TokenReviewer(client);
        this.picture = requireNonNull(picture);
        this.mesh = requireNonNull(mesh);
        this.perPod = new RequestRate(PER_POD_AND_MINUTE, clock);
        this.perAddress = new RequestRate(PER_ADDRESS_AND_MINUTE, clock);
    }

    /**
     * @param token of the caller, if it sent one
     * @param peer the address that the connection comes from
     * @param seen told of the pod as soon as the token has named it, so that a refusal can be recorded with it
     */
    public Attested attest(Optional<String> token, InetAddress peer, SeenPod seen) throws Refusal {
        if (!perAddress.admits(peer.getHostAddress())) {
            throw tooOften("Address " + peer.getHostAddress());
        }
        Proof proof = reviewer.review(token.orElseThrow(() -> new Refusal(
                Reason.NO_TOKEN,
                "No token was sent. Send the projected service-account token as 'authorization: Bearer'.")));
        seen.pod(proof.namespace(), proof.podName(), proof.podUid());
        if (!perPod.admits(proof.podUid())) {
            throw tooOften("Pod " + proof.namespace() + "/" + proof.podName());
        }
        Pod pod = read(proof);
        checkAddress(pod, peer);
        checkInjected(pod);
        long version = Math.max(
                picture.get().podsReached(), Long.parseLong(pod.getMetadata().getResourceVersion()));
        return new Attested(new BoundPod(proof.namespace(), proof.podName(), proof.podUid(), version), identities(pod));
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
            throw new Refusal(
                    Reason.API_SERVER,
                    "Pod " + name + " cannot be read now (" + e.getCode() + " from the API server). Ask again.",
                    e);
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

    private List<Identity> identities(Pod pod) throws Refusal {
        CompiledMesh compiled = mesh.get();
        MeshView view = compiled.view();
        MeshPod candidate = MeshPod.of(pod);
        if (compiled.pod(candidate.uid()).filter(MeshPod::orphaned).isPresent()) {
            throw orphaned(candidate);
        }
        // Claims are decided pod by pod, so the pod as it is now can be asked about alone.
        Claims claims = Claims.of(new MeshView(
                view.trustDomain(),
                view.clusterDomain(),
                view.namespaces(),
                view.servers(),
                view.agents(),
                view.policies(),
                view.trust(),
                List.of(candidate),
                view.services(),
                view.serviceAccounts()));
        List<Identity> identities = new ArrayList<>();
        Optional<SecureMcpServer> server = claims.server(candidate);
        server.ifPresent(s -> identities.add(new Identity(view.identity(s), SERVER_LIFETIME)));
        Optional<AgentIdentity> agent = claims.agent(candidate);
        boolean suspended = agent.filter(compiled.grants()::suspended).isPresent();
        if (!suspended) {
            agent.ifPresent(a -> identities.add(
                    new Identity(view.identity(a), a.getSpec().certificate().duration())));
        }
        if (identities.isEmpty()) {
            throw suspended ? suspended(candidate, agent.orElseThrow()) : unselected(candidate, view);
        }
        return identities;
    }

    private static Refusal suspended(MeshPod pod, AgentIdentity agent) {
        return new Refusal(
                Reason.SUSPENDED,
                "AgentIdentity " + agent.getMetadata().getNamespace() + "/"
                        + agent.getMetadata().getName() + " of pod " + pod.reference()
                        + " is suspended. No certificate is issued until that ends.");
    }

    private static Refusal orphaned(MeshPod pod) {
        return new Refusal(
                Reason.NOTHING_SELECTS,
                "Service account " + pod.namespace() + "/" + pod.serviceAccount() + " of pod " + pod.reference()
                        + " was deleted after the pod was created, and its identities with it. Create the account if it is"
                        + " missing, then the pod anew.");
    }

    private static Refusal unselected(MeshPod pod, MeshView view) {
        return new Refusal(
                Reason.NOTHING_SELECTS,
                view.inMesh(pod.namespace())
                        ? "No AgentIdentity and no SecureMcpServer selects pod " + pod.reference()
                                + " (service account " + pod.serviceAccount()
                                + ") by the labels that it was created with. Create one, or create the pod anew."
                        : "Namespace " + pod.namespace() + " of pod " + pod.reference()
                                + " is not in the mesh. Label it stockade.dev/mesh: enabled.");
    }

    private static Refusal tooOften(String who) {
        return new Refusal(Reason.TOO_OFTEN, who + " asks for certificates too often. Ask again in a minute.");
    }
}
