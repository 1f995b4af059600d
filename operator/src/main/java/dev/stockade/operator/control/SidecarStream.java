package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.Timestamp;
import dev.stockade.model.identity.BoundPod;
import dev.stockade.operator.acks.SidecarRegistry;
import dev.stockade.operator.cluster.Picture;
import dev.stockade.operator.snapshot.CompiledMesh;
import dev.stockade.operator.snapshot.PodSnapshot;
import dev.stockade.policy.MeshPod;
import dev.stockade.wire.control.v1.Acknowledgement;
import dev.stockade.wire.control.v1.Heartbeat;
import dev.stockade.wire.control.v1.Hello;
import dev.stockade.wire.control.v1.Source;
import dev.stockade.wire.control.v1.SubscribeResponse;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One sidecar's subscription: greeted, then waiting until this replica's caches have reached what the sidecar holds, then fed
 * with each snapshot that differs from the one before. While the sidecar is slow, snapshots in between are left out.
 */
final class SidecarStream {
    private static final Logger log = LoggerFactory.getLogger(SidecarStream.class);
    private static final int REMEMBERED = 64;

    private final Peer.Workload peer;
    private final ServerCallStreamObserver<SubscribeResponse> out;
    private final SidecarRegistry registry;

    private @Nullable Hello hello;
    private @Nullable PodSnapshot sent;
    private boolean refused;
    private long considered;
    private boolean ended;
    /** What was sent lately: version to sources, oldest first. A version may come again, and be answered each time. */
    private final Map<String, List<Source>> offered = new LinkedHashMap<>();

    SidecarStream(Peer.Workload peer, ServerCallStreamObserver<SubscribeResponse> out, SidecarRegistry registry) {
        this.peer = requireNonNull(peer);
        this.out = requireNonNull(out);
        this.registry = requireNonNull(registry);
    }

    BoundPod pod() {
        return peer.pod();
    }

    /** Takes the greeting; a second one ends the stream. */
    synchronized boolean greet(Hello greeting) {
        if (hello != null) {
            end(Status.INVALID_ARGUMENT, "A stream has one Hello, and this is its second.");
            return false;
        }
        hello = greeting;
        registry.connected(peer.pod(), greeting.getRelease());
        return true;
    }

    /** What the sidecar holds, while this replica has not told it anything yet. */
    synchronized Optional<Map<String, Long>> waitsFor() {
        return hello != null && sent == null && !ended ? Optional.of(hello.getCompiledAtMap()) : Optional.empty();
    }

    /** Takes the answer to a snapshot. */
    synchronized void answered(Acknowledgement answer) {
        if (ended) {
            return;
        }
        List<Source> sources = offered.get(answer.getVersion());
        if (sources == null) {
            // Never sent here, or so long ago that it says nothing about now.
            return;
        }
        refused = !answer.getRefusal().isEmpty();
        if (refused) {
            log.atWarn()
                    .addKeyValue(
                            "pod", peer.pod().namespace() + "/" + peer.pod().name())
                    .addKeyValue("version", answer.getVersion())
                    .addKeyValue("why", answer.getRefusal())
                    .log("a sidecar refused its snapshot");
            registry.refused(peer.pod(), answer.getRefusal());
            return;
        }
        registry.acknowledged(peer.pod(), answer.getVersion(), sources);
        PodSnapshot current = sent;
        if (current != null
                && current.version().equals(answer.getVersion())
                && !current.holds(peer.id().uri())) {
            // It has learned that this identity has ended; whatever else it holds, it comes back with that.
            end(
                    Status.PERMISSION_DENIED,
                    peer.id() + " is no longer an identity of pod " + peer.pod().namespace() + "/"
                            + peer.pod().name() + ".");
        }
    }

    /** Sends what is new, if anything is, and if the caches have reached what the sidecar already holds. */
    synchronized void consider(Picture picture, CompiledMesh mesh, Optional<Instant> confirmed) {
        Hello greeting = hello;
        if (ended || greeting == null || !out.isReady() || picture.sequence() < considered) {
            return;
        }
        considered = picture.sequence();
        if (sent == null && !picture.reaches(greeting.getCompiledAtMap())) {
            return;
        }
        Optional<MeshPod> pod = mesh.pod(peer.pod().uid());
        if (pod.isEmpty()) {
            if (picture.podsReached() >= peer.pod().resourceVersion()) {
                end(
                        Status.PERMISSION_DENIED,
                        "Pod " + peer.pod().namespace() + "/" + peer.pod().name() + " ("
                                + peer.pod().uid() + ") does not exist any more.");
            }
            return;
        }
        PodSnapshot next = mesh.snapshot(pod.get());
        if (next.equals(sent)) {
            return;
        }
        sent = next;
        refused = false;
        offered.remove(next.version());
        offered.put(next.version(), next.content().getSourcesList());
        while (offered.size() > REMEMBERED) {
            offered.remove(offered.keySet().iterator().next());
        }
        var message = next.content().toBuilder().putAllCompiledAt(picture.reached());
        confirmed.ifPresent(at -> message.setConfirmed(timestamp(at)));
        out.onNext(SubscribeResponse.newBuilder().setSnapshot(message).build());
    }

    /**
     * Tells when the caches were last known to be current. Not before the first snapshot, nor while the sidecar refuses the
     * latest: what it holds is then not what is confirmed.
     */
    synchronized void beat(Instant confirmed, Instant now) {
        if (ended) {
            return;
        }
        if (now.isAfter(peer.ends())) {
            end(Status.UNAUTHENTICATED, "The certificate of this connection has ended. Connect with a new one.");
        } else if (sent != null && !refused && out.isReady()) {
            out.onNext(SubscribeResponse.newBuilder()
                    .setHeartbeat(Heartbeat.newBuilder().setConfirmed(timestamp(confirmed)))
                    .build());
        }
    }

    /** Ends the call with a sentence. */
    synchronized void end(Status status, String sentence) {
        if (!ended) {
            ended = true;
            log.atInfo()
                    .addKeyValue(
                            "pod", peer.pod().namespace() + "/" + peer.pod().name())
                    .addKeyValue("status", status.getCode())
                    .addKeyValue("why", sentence)
                    .log("subscription ended");
            out.onError(status.withDescription(sentence).asRuntimeException());
        }
    }

    /** The sidecar has gone. */
    synchronized void gone() {
        ended = true;
    }

    private static Timestamp timestamp(Instant at) {
        return Timestamp.newBuilder()
                .setSeconds(at.getEpochSecond())
                .setNanos(at.getNano())
                .build();
    }
}
