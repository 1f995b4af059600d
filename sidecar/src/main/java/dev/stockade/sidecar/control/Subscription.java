package dev.stockade.sidecar.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.identity.Identities;
import dev.stockade.sidecar.state.CurrentState;
import dev.stockade.sidecar.state.SnapshotReader;
import dev.stockade.wire.control.v1.Acknowledgement;
import dev.stockade.wire.control.v1.Heartbeat;
import dev.stockade.wire.control.v1.Hello;
import dev.stockade.wire.control.v1.ProbeOrder;
import dev.stockade.wire.control.v1.ProbeResult;
import dev.stockade.wire.control.v1.SidecarControlGrpc;
import dev.stockade.wire.control.v1.Snapshot;
import dev.stockade.wire.control.v1.Sockets;
import dev.stockade.wire.control.v1.SubscribeRequest;
import dev.stockade.wire.control.v1.SubscribeResponse;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.function.Consumer;

/** One stream of snapshots, from Hello to its end. */
final class Subscription implements AutoCloseable {
    /** What a subscription tells; on the control thread. */
    interface Listener {
        /** @param acknowledge to be run once, with the sentence of a refusal or with nothing */
        void snapshot(Snapshot snapshot, Acknowledge acknowledge);

        void heartbeat(Heartbeat heartbeat);

        /** The operator wants to know where this pod listens, from now on. */
        void socketsRequested();

        /** @param result to be run once, on the control thread */
        void probe(ProbeOrder order, Consumer<ProbeResult.Outcome> result);

        /** The stream has ended, and was not closed from here. */
        void ended(String why);
    }

    /** Answers one snapshot. */
    interface Acknowledge {
        void with(Optional<String> refusal);
    }

    private final Listener listener;
    private final StreamObserver<SubscribeRequest> requests;
    private boolean over;

    Subscription(Channel to, ControlSettings settings, Identities identities, CurrentState state, Listener listener) {
        this.listener = requireNonNull(listener);
        this.requests = SidecarControlGrpc.newStub(to).subscribe(new Responses());
        Hello.Builder hello = Hello.newBuilder()
                .setRelease(settings.release())
                .setBoot(settings.boot())
                .setProbes(true);
        state.held().ifPresent(held -> hello.setVersion(held.version()).putAllCompiledAt(held.compiledAt()));
        if (identities.trust().epoch() > 0) {
            // Which may be later than that of the snapshot, since Sign tells it too.
            hello.putCompiledAt(SnapshotReader.TRUST, identities.trust().epoch());
        }
        requests.onNext(SubscribeRequest.newBuilder().setHello(hello).build());
    }

    @Override
    public void close() {
        if (!over) {
            over = true;
            requests.onError(Status.CANCELLED.withDescription("closed here").asRuntimeException());
        }
    }

    private void acknowledge(String version, Optional<String> refusal) {
        if (!over) {
            requests.onNext(SubscribeRequest.newBuilder()
                    .setAcknowledgement(
                            Acknowledgement.newBuilder().setVersion(version).setRefusal(refusal.orElse("")))
                    .build());
        }
    }

    /** Says where the pod listens; only once it was asked for, since an operator of an older release ends the stream. */
    void listening(Sockets sockets) {
        say(SubscribeRequest.newBuilder().setSockets(sockets));
    }

    private void answer(long id, ProbeResult.Outcome outcome) {
        say(SubscribeRequest.newBuilder()
                .setProbeResult(ProbeResult.newBuilder().setId(id).setOutcome(outcome)));
    }

    private void say(SubscribeRequest.Builder message) {
        if (!over) {
            requests.onNext(message.build());
        }
    }

    private final class Responses implements StreamObserver<SubscribeResponse> {
        @Override
        public void onNext(SubscribeResponse response) {
            if (over) {
                return;
            }
            switch (response.getMessageCase()) {
                case SNAPSHOT -> {
                    String version = response.getSnapshot().getVersion();
                    listener.snapshot(response.getSnapshot(), refusal -> acknowledge(version, refusal));
                }
                case HEARTBEAT -> listener.heartbeat(response.getHeartbeat());
                case SOCKETS_REQUEST -> listener.socketsRequested();
                case PROBE_ORDER -> {
                    ProbeOrder order = response.getProbeOrder();
                    listener.probe(order, outcome -> answer(order.getId(), outcome));
                }
                case MESSAGE_NOT_SET -> {
                    // A newer operator's message: what this release does not know changes nothing here.
                }
            }
        }

        @Override
        public void onError(Throwable why) {
            end(Refusals.sentence(why));
        }

        @Override
        public void onCompleted() {
            end("the operator ended the stream");
        }

        private void end(String why) {
            if (!over) {
                over = true;
                listener.ended(why);
            }
        }
    }
}
