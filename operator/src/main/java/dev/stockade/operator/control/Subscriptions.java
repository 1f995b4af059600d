package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.acks.ShownCertificate;
import dev.stockade.operator.acks.SidecarRegistry;
import dev.stockade.operator.cluster.ApiContact;
import dev.stockade.operator.cluster.ClusterCache;
import dev.stockade.operator.cluster.Picture;
import dev.stockade.operator.isolation.Outcome;
import dev.stockade.operator.isolation.SidecarVantages;
import dev.stockade.operator.snapshot.CompiledMesh;
import dev.stockade.operator.snapshot.TrustSource;
import dev.stockade.wire.control.v1.SubscribeRequest;
import dev.stockade.wire.control.v1.SubscribeResponse;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Every sidecar that is connected to this replica, one stream a pod. */
final class Subscriptions implements SidecarVantages {
    private static final Logger log = LoggerFactory.getLogger(Subscriptions.class);

    private final ClusterCache cache;
    private final Function<Picture, CompiledMesh> mesh;
    private final SidecarRegistry registry;
    private final Believed believed;
    private final Clock clock;
    private final ConcurrentMap<String, SidecarStream> streams = new ConcurrentHashMap<>();
    private final Set<SidecarStream> ungreeted = ConcurrentHashMap.newKeySet();
    private final AtomicInteger helpWanted = new AtomicInteger();
    private volatile boolean sentAway;

    /** The trust of this replica, as far as subscriptions are concerned. */
    interface Believed {
        /** Why a certificate that was believed is no longer. */
        Optional<String> lapsed(ShownCertificate shown);

        /** Reads the trust again, where a sidecar has seen a later one than this replica. */
        void refresh();
    }

    /** @param mesh the snapshots of a picture; asked for the same picture again it answers with the same */
    Subscriptions(
            ClusterCache cache,
            Function<Picture, CompiledMesh> mesh,
            SidecarRegistry registry,
            Believed believed,
            Clock clock) {
        this.cache = requireNonNull(cache);
        this.mesh = requireNonNull(mesh);
        this.registry = requireNonNull(registry);
        this.believed = requireNonNull(believed);
        this.clock = requireNonNull(clock);
    }

    int connected() {
        return streams.size();
    }

    @Override
    public Set<String> pods() {
        return streams.entrySet().stream()
                .filter(entry -> entry.getValue().probes())
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    /** Whether the sidecar of that pod is connected here. */
    boolean has(String podUid) {
        return streams.containsKey(podUid);
    }

    @Override
    public void order(String vantageUid, Order order, Consumer<Outcome> answer) {
        SidecarStream stream = streams.get(vantageUid);
        if (stream == null) {
            answer.accept(Outcome.NOT_TRIED);
        } else {
            stream.order(order, answer, clock.instant());
        }
    }

    /** How many of those that are connected are that far with what they were sent last. */
    long connected(SidecarStream.State state) {
        return streams.values().stream()
                .filter(stream -> stream.state() == state)
                .count();
    }

    /** How many of those that are connected have not acknowledged the trust bundle that is current now. */
    long behindInTrust() {
        long epoch = fresh().epoch();
        return streams.keySet().stream()
                .filter(pod -> registry.own(pod).stream()
                        .flatMap(state -> state.getSourcesList().stream())
                        .noneMatch(
                                source -> source.getUid().equals(TrustSource.UID) && source.getGeneration() >= epoch))
                .count();
    }

    /** A sidecar calls; what it says comes to the observer returned. */
    StreamObserver<SubscribeRequest> open(Peer.Workload peer, ServerCallStreamObserver<SubscribeResponse> out) {
        SidecarStream stream = new SidecarStream(peer, out, registry, believed::lapsed, clock.instant());
        ungreeted.add(stream);
        out.setOnReadyHandler(() -> consider(stream));
        out.setOnCancelHandler(() -> close(stream));
        out.setOnCloseHandler(() -> close(stream));
        return new StreamObserver<>() {
            @Override
            public void onNext(SubscribeRequest request) {
                switch (request.getMessageCase()) {
                    case HELLO -> {
                        if (stream.greet(request.getHello())) {
                            admit(stream);
                        }
                    }
                    case ACKNOWLEDGEMENT -> {
                        stream.answered(request.getAcknowledgement());
                        consider(stream);
                    }
                    case SOCKETS -> stream.listening(request.getSockets());
                    case PROBE_RESULT -> stream.tried(request.getProbeResult());
                    case MESSAGE_NOT_SET ->
                        stream.end(
                                Status.INVALID_ARGUMENT,
                                "A message is neither Hello, Acknowledgement, Sockets nor ProbeResult.");
                }
            }

            @Override
            public void onError(Throwable cause) {
                close(stream);
            }

            @Override
            public void onCompleted() {
                stream.end(Status.CANCELLED, "The sidecar has ended the subscription.");
                close(stream);
            }
        };
    }

    private void admit(SidecarStream stream) {
        ungreeted.remove(stream);
        SidecarStream before = streams.put(stream.pod().uid(), stream);
        if (before != null) {
            before.end(Status.ABORTED, "The sidecar has opened a newer subscription.");
        }
        consider(stream);
        if (stream.waitsFor().isPresent()) {
            // Rare: the sidecar comes from a replica that had seen more. Do not wait for the next bookmark.
            help();
        }
    }

    private void close(SidecarStream stream) {
        stream.gone();
        ungreeted.remove(stream);
        if (streams.remove(stream.pod().uid(), stream)) {
            registry.disconnected(stream.pod());
        }
    }

    private void consider(SidecarStream stream) {
        consider(stream, fresh());
    }

    private void consider(SidecarStream stream, Offer offer) {
        Offer next = offer;
        // Two threads may each know the newer half: one of the cluster, the other of the trust. What is made after both
        // has both.
        while (!stream.consider(next)) {
            next = fresh();
        }
    }

    private Offer fresh() {
        Picture picture = cache.picture();
        return new Offer(picture, mesh.apply(picture), cache.confirmed());
    }

    /** The picture or the trust bundle has changed: each sidecar gets what is new for it. */
    void offer() {
        Offer offer = fresh();
        for (SidecarStream stream : streams.values()) {
            try {
                consider(stream, offer);
            } catch (RuntimeException e) {
                // One pod's resources must not keep all others from theirs; without heartbeats it will say that it is
                // stale.
                log.atError()
                        .addKeyValue(
                                "pod",
                                stream.pod().namespace() + "/" + stream.pod().name())
                        .log("no snapshot could be made", e);
                stream.end(Status.INTERNAL, "No snapshot could be made for this pod; the operator's log says why.");
            }
        }
        registry.retain(
                offer.mesh().view().pods().stream().map(pod -> pod.uid()).collect(Collectors.toSet()));
    }

    /** Every ten seconds: confirms to each sidecar that what it holds is current, and helps those that wait. */
    void beat() {
        offer();
        if (streams.values().stream().anyMatch(stream -> stream.waitsFor().isPresent())) {
            help();
        }
        Instant now = clock.instant();
        Optional<Instant> confirmed = cache.confirmed();
        sendAway(ApiContact.of(confirmed, now), confirmed);
        ungreeted.forEach(stream -> stream.beat(confirmed, now));
        streams.values().forEach(stream -> stream.beat(confirmed, now));
    }

    /**
     * Once, when the API server is lost to this replica: another one may have it, and would tell what is withdrawn meanwhile. Who
     * comes back, since there is no other, is kept.
     */
    private void sendAway(ApiContact contact, Optional<Instant> confirmed) {
        if (contact == ApiContact.CURRENT) {
            sentAway = false;
        } else if (contact == ApiContact.ABANDONED && !sentAway) {
            sentAway = true;
            String sentence = "This replica has not reached the API server since %s. Another one may have."
                    .formatted(confirmed.map(Instant::toString).orElse("it started"));
            streams.values().forEach(stream -> stream.end(Status.UNAVAILABLE, sentence));
        }
    }

    /**
     * Tries to reach what sidecars wait for. On a thread of its own, one at a time: an API server that does not answer would
     * keep the heartbeats, and the others that wait, for as long as that takes.
     */
    private void help() {
        if (helpWanted.getAndIncrement() == 0) {
            Thread.ofVirtual().name("catch-up").start(() -> {
                int heard;
                do {
                    heard = helpWanted.get();
                    try {
                        catchUp();
                    } catch (RuntimeException e) {
                        log.atError().log("the caches could not be brought up to what sidecars have seen", e);
                    }
                } while (!helpWanted.compareAndSet(heard, 0));
            });
        }
    }

    private void catchUp() {
        Map<String, Long> wanted = streams.values().stream()
                .flatMap(stream -> stream.waitsFor().stream())
                .flatMap(waited -> waited.entrySet().stream())
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, Math::max));
        if (wanted.getOrDefault(TrustSource.KIND, 0L) > fresh().epoch()) {
            believed.refresh();
        }
        if (!wanted.isEmpty()) {
            cache.catchUp(wanted);
            offer();
        }
    }

    /** The operator goes: sidecars look for another replica at once. */
    void closeAll() {
        ungreeted.forEach(stream -> stream.end(Status.UNAVAILABLE, "This replica of the operator is stopping."));
        streams.values().forEach(stream -> stream.end(Status.UNAVAILABLE, "This replica of the operator is stopping."));
    }
}
