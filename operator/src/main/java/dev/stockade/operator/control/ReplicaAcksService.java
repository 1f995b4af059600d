package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.acks.SidecarRegistry;
import dev.stockade.wire.control.v1.Errand;
import dev.stockade.wire.control.v1.ProbeResult;
import dev.stockade.wire.control.v1.ReplicaAcksGrpc;
import dev.stockade.wire.control.v1.ReplicaState;
import dev.stockade.wire.control.v1.ReplicaStateEnd;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** Takes in what other replicas know of their sidecars. They call whoever holds the lease. */
final class ReplicaAcksService extends ReplicaAcksGrpc.ReplicaAcksImplBase {
    private final SidecarRegistry registry;
    private final ReplicaErrands errands;
    private final PeerVerifier verifier;

    ReplicaAcksService(SidecarRegistry registry, ReplicaErrands errands, PeerVerifier verifier) {
        this.registry = requireNonNull(registry);
        this.errands = requireNonNull(errands);
        this.verifier = requireNonNull(verifier);
    }

    @Override
    public StreamObserver<ProbeResult> errands(StreamObserver<Errand> response) {
        return errands.open(requireNonNull(PeerGate.OPERATOR.get()), response);
    }

    @Override
    public StreamObserver<ReplicaState> share(StreamObserver<ReplicaStateEnd> response) {
        Object replica = new Object();
        Peer.Operator peer = requireNonNull(PeerGate.OPERATOR.get());
        AtomicBoolean ended = new AtomicBoolean();
        return new StreamObserver<>() {
            @Override
            public void onNext(ReplicaState state) {
                if (ended.get()) {
                    return;
                }
                // The call may outlive the certificate that it was made with.
                Optional<String> lapsed = verifier.lapsed(peer.certificate());
                if (lapsed.isPresent()) {
                    end();
                    response.onError(
                            Status.UNAUTHENTICATED.withDescription(lapsed.get()).asRuntimeException());
                    return;
                }
                registry.replicaSays(replica, state.getFull(), state.getSidecarsList());
            }

            @Override
            public void onError(Throwable cause) {
                end();
            }

            @Override
            public void onCompleted() {
                if (ended.get()) {
                    return;
                }
                end();
                response.onNext(ReplicaStateEnd.getDefaultInstance());
                response.onCompleted();
            }

            private void end() {
                if (ended.compareAndSet(false, true)) {
                    registry.replicaLost(replica);
                }
            }
        };
    }
}
