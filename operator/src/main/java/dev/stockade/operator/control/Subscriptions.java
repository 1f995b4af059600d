package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.acks.SidecarRegistry;
import dev.stockade.operator.cluster.ClusterCache;
import dev.stockade.operator.cluster.Picture;
import dev.stockade.operator.snapshot.CompiledMesh;
import dev.stockade.wire.control.v1.SubscribeRequest;
import dev.stockade.wire.control.v1.SubscribeResponse;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Every sidecar that is connected to this replica, one stream a pod. */
final class Subscriptions {
    private static final Logger log = LoggerFactory.getLogger(Subscriptions.class);

    private final ClusterCache cache;
    private final Function<Picture, CompiledMesh> mesh;
    private final SidecarRegistry registry;
    private final Clock clock;
    private final ConcurrentMap<String, SidecarStream> streams = new ConcurrentHashMap<>();

    /** @param mesh the snapshots of a picture; asked for the same picture again it answers with the same */
    Subscriptions(ClusterCache cache, Function<Picture, CompiledMesh> mesh, SidecarRegistry registry, Clock clock) {
        this.cache = requireNonNull(cache);
        this.mesh = requireNonNull(mesh);
        this.registry = requireNonNull(registry);
        this.clock = requireNonNull(clock);
    }

    int connected() {
        return streams.size();
    }

    /** A sidecar calls; what it says comes to the observer returned. */
    StreamObserver<SubscribeRequest> open(Peer.Workload peer, ServerCallStreamObserver<SubscribeResponse> out) {
        SidecarStream stream = new SidecarStream(peer, out, registry);
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
                    case MESSAGE_NOT_SET ->
                        stream.end(Status.INVALID_ARGUMENT, "A message is neither Hello nor Acknowledgement.");
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
        SidecarStream before = streams.put(stream.pod().uid(), stream);
        if (before != null) {
            before.end(Status.ABORTED, "The sidecar has opened a newer subscription.");
        }
        consider(stream);
        stream.waitsFor().ifPresent(wanted -> {
            // Rare: the sidecar comes from a replica that had seen more. Do not wait for the next bookmark.
            Picture caughtUp = cache.catchUp(wanted);
            stream.consider(caughtUp, mesh.apply(caughtUp), cache.confirmed());
        });
    }

    private void close(SidecarStream stream) {
        stream.gone();
        if (streams.remove(stream.pod().uid(), stream)) {
            registry.disconnected(stream.pod());
        }
    }

    private void consider(SidecarStream stream) {
        Picture picture = cache.picture();
        stream.consider(picture, mesh.apply(picture), cache.confirmed());
    }

    /** The picture or the trust bundle has changed: each sidecar gets what is new for it. */
    void offer() {
        Picture picture = cache.picture();
        CompiledMesh compiled = mesh.apply(picture);
        Optional<Instant> confirmed = cache.confirmed();
        for (SidecarStream stream : streams.values()) {
            try {
                stream.consider(picture, compiled, confirmed);
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
        registry.retain(picture.view().pods().stream().map(pod -> pod.uid()).collect(Collectors.toSet()));
    }

    /** Every ten seconds: confirms to each sidecar that what it holds is current, and helps those that wait. */
    void beat() {
        boolean waiting =
                streams.values().stream().anyMatch(stream -> stream.waitsFor().isPresent());
        if (waiting) {
            Picture caughtUp = cache.catchUp(streams.values().stream()
                    .flatMap(stream -> stream.waitsFor().stream())
                    .flatMap(wanted -> wanted.entrySet().stream())
                    .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, Math::max)));
            CompiledMesh compiled = mesh.apply(caughtUp);
            streams.values().forEach(stream -> stream.consider(caughtUp, compiled, cache.confirmed()));
        } else {
            offer();
        }
        Instant now = clock.instant();
        cache.confirmed().ifPresent(confirmed -> streams.values().forEach(stream -> stream.beat(confirmed, now)));
    }

    /** The operator goes: sidecars look for another replica at once. */
    void closeAll() {
        streams.values().forEach(stream -> stream.end(Status.UNAVAILABLE, "This replica of the operator is stopping."));
    }
}
