package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.Timestamp;
import dev.stockade.model.identity.BoundPod;
import dev.stockade.operator.acks.ShownCertificate;
import dev.stockade.operator.acks.SidecarRegistry;
import dev.stockade.operator.isolation.Outcome;
import dev.stockade.operator.isolation.SidecarVantages;
import dev.stockade.operator.snapshot.CompiledMesh;
import dev.stockade.operator.snapshot.PodSnapshot;
import dev.stockade.policy.MeshPod;
import dev.stockade.wire.control.v1.Acknowledgement;
import dev.stockade.wire.control.v1.Heartbeat;
import dev.stockade.wire.control.v1.Hello;
import dev.stockade.wire.control.v1.ProbeOrder;
import dev.stockade.wire.control.v1.ProbeResult;
import dev.stockade.wire.control.v1.Sockets;
import dev.stockade.wire.control.v1.SocketsRequest;
import dev.stockade.wire.control.v1.Source;
import dev.stockade.wire.control.v1.SubscribeResponse;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One sidecar's subscription: greeted, then waiting until this replica has reached what the sidecar holds, then fed with each
 * snapshot that differs from the one before. While the sidecar is slow, snapshots in between are left out.
 */
final class SidecarStream {
    private static final Logger log = LoggerFactory.getLogger(SidecarStream.class);
    private static final int REMEMBERED = 64;
    private static final Duration TO_GREET = Duration.ofSeconds(30);

    private final Peer.Workload peer;
    private final ServerCallStreamObserver<SubscribeResponse> out;
    private final SidecarRegistry registry;
    private final Function<ShownCertificate, Optional<String>> lapsed;
    private final Instant opened;

    private @Nullable Hello hello;
    private @Nullable PodSnapshot sent;
    private String acknowledged = "";
    private boolean refused;
    private long consideredPicture;
    private long consideredEpoch;
    private boolean ended;
    /** What was sent lately: version to what is told of it, oldest first. A version may come again, and be answered each time. */
    private final Map<String, Offered> offered = new LinkedHashMap<>();

    private final ProbeOrders orders = new ProbeOrders();
    /** Whether something was sent that is no longer remembered. */
    private boolean forgotten;

    /** Of a snapshot that was sent, whose whole would be much to remember. */
    private record Offered(List<Source> sources, Duration serves) {}

    /** How far the sidecar is with what it was sent last. */
    enum State {
        /** It has that in force. */
        CURRENT,
        /** It has not answered yet, or waits until this replica knows enough to tell it anything. */
        BEHIND,
        /** It has refused that, and goes on with what it had. */
        REFUSING
    }

    /**
     * @param lapsed why a certificate that was believed is no longer
     * @param opened when the call began
     */
    SidecarStream(
            Peer.Workload peer,
            ServerCallStreamObserver<SubscribeResponse> out,
            SidecarRegistry registry,
            Function<ShownCertificate, Optional<String>> lapsed,
            Instant opened) {
        this.peer = requireNonNull(peer);
        this.out = requireNonNull(out);
        this.registry = requireNonNull(registry);
        this.lapsed = requireNonNull(lapsed);
        this.opened = requireNonNull(opened);
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
        Optional<String> objection = Objections.to(greeting);
        if (objection.isPresent()) {
            end(Status.INVALID_ARGUMENT, objection.get());
            return false;
        }
        if (ended) {
            return false;
        }
        hello = greeting;
        registry.connected(peer.pod(), greeting.getRelease(), peer.certificate());
        if (greeting.getProbes()) {
            registry.probes(peer.pod());
            out.onNext(SubscribeResponse.newBuilder()
                    .setSocketsRequest(SocketsRequest.getDefaultInstance())
                    .build());
        }
        return true;
    }

    /** Whether the sidecar can be asked to try, and is there. */
    synchronized boolean probes() {
        return !ended && hello != null && hello.getProbes() && sent != null;
    }

    /** Asks it to try, or answers at once that nobody does. */
    void order(SidecarVantages.Order order, Consumer<Outcome> answer, Instant now) {
        Optional<ProbeOrder> message = Optional.empty();
        synchronized (this) {
            if (probes() && out.isReady()) {
                message = orders.add(order, answer, now);
                message.ifPresent(m -> out.onNext(
                        SubscribeResponse.newBuilder().setProbeOrder(m).build()));
            }
        }
        if (message.isEmpty()) {
            answer.accept(Outcome.NOT_TRIED);
        }
    }

    /** What came of an order; one that nobody waits for says nothing. */
    void tried(ProbeResult result) {
        orders.answered(result);
    }

    /** Where the pod listens, as its sidecar sees it. */
    synchronized void listening(Sockets sockets) {
        if (ended) {
            return;
        }
        if (hello == null) {
            end(Status.INVALID_ARGUMENT, "A stream begins with Hello, and this one began with Sockets.");
            return;
        }
        Optional<String> objection = Objections.to(sockets);
        if (objection.isPresent()) {
            end(Status.INVALID_ARGUMENT, objection.get());
        } else {
            registry.listening(peer.pod(), sockets);
        }
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
        if (hello == null) {
            end(Status.INVALID_ARGUMENT, "A stream begins with Hello, and this one began with an Acknowledgement.");
            return;
        }
        Optional<String> objection = Objections.to(answer);
        if (objection.isPresent()) {
            end(Status.INVALID_ARGUMENT, objection.get());
            return;
        }
        Offered held = offered.get(answer.getVersion());
        if (held == null) {
            if (!forgotten) {
                end(
                        Status.INVALID_ARGUMENT,
                        "Acknowledgement: version '" + answer.getVersion() + "' was never sent on this stream.");
            }
            // Else it may have been sent so long ago that it says nothing about now.
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
        acknowledged = answer.getVersion();
        registry.acknowledged(peer.pod(), answer.getVersion(), held.sources(), held.serves());
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

    /** How far it is; a stream without its Hello is behind. */
    synchronized State state() {
        if (refused) {
            return State.REFUSING;
        }
        PodSnapshot latest = sent;
        return latest != null && latest.version().equals(acknowledged) ? State.CURRENT : State.BEHIND;
    }

    /**
     * Sends what is new, if anything is, and if this replica has reached what the sidecar already holds.
     *
     * @return whether the offer was taken into account; false if it is older in one part than an earlier one, and a fresh one
     *     has to be made
     */
    synchronized boolean consider(Offer offer) {
        if (!ended) {
            // Before anything is told: whoever shows a dropped issuer's certificate is not known to be this pod any
            // more.
            lapsed.apply(peer.certificate()).ifPresent(why -> end(Status.UNAUTHENTICATED, why));
        }
        Hello greeting = hello;
        if (ended || greeting == null || !out.isReady()) {
            return true;
        }
        if (offer.picture().sequence() < consideredPicture || offer.epoch() < consideredEpoch) {
            return false;
        }
        consideredPicture = offer.picture().sequence();
        consideredEpoch = offer.epoch();
        if (sent != null || offer.reaches(greeting.getCompiledAtMap())) {
            tell(offer);
        }
        return true;
    }

    private void tell(Offer offer) {
        CompiledMesh mesh = offer.mesh();
        Optional<MeshPod> pod = mesh.pod(peer.pod().uid());
        if (pod.isEmpty()) {
            if (offer.picture().podsReached() >= peer.pod().resourceVersion()) {
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
        offered.put(next.version(), new Offered(next.content().getSourcesList(), next.staleAfter()));
        while (offered.size() > REMEMBERED) {
            offered.remove(offered.keySet().iterator().next());
            forgotten = true;
        }
        var message = next.content().toBuilder().putAllCompiledAt(offer.reached());
        offer.confirmed().ifPresent(at -> message.setConfirmed(timestamp(at)));
        out.onNext(SubscribeResponse.newBuilder().setSnapshot(message).build());
    }

    /**
     * Tells when the caches were last known to be current. Not before the first snapshot, nor while the sidecar refuses the
     * latest: what it holds is then not what is confirmed.
     */
    synchronized void beat(Optional<Instant> confirmed, Instant now) {
        orders.expire(now);
        if (ended) {
            return;
        }
        Optional<String> why = lapsed.apply(peer.certificate());
        if (why.isPresent()) {
            end(Status.UNAUTHENTICATED, why.get());
        } else if (hello == null) {
            if (now.isAfter(opened.plus(TO_GREET))) {
                end(
                        Status.DEADLINE_EXCEEDED,
                        "No Hello came within " + TO_GREET.toSeconds() + " seconds. Send one first.");
            }
        } else if (confirmed.isPresent() && sent != null && !refused && out.isReady()) {
            out.onNext(SubscribeResponse.newBuilder()
                    .setHeartbeat(Heartbeat.newBuilder().setConfirmed(timestamp(confirmed.get())))
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
            orders.close();
        }
    }

    /** The sidecar has gone. */
    synchronized void gone() {
        ended = true;
        orders.close();
    }

    private static Timestamp timestamp(Instant at) {
        return Timestamp.newBuilder()
                .setSeconds(at.getEpochSecond())
                .setNanos(at.getNano())
                .build();
    }
}
