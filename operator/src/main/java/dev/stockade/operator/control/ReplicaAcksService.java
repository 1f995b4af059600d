package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.acks.SidecarRegistry;
import dev.stockade.wire.control.v1.ReplicaAcksGrpc;
import dev.stockade.wire.control.v1.ReplicaState;
import dev.stockade.wire.control.v1.ReplicaStateEnd;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.atomic.AtomicBoolean;

/** Takes in what other replicas know of their sidecars. They call whoever holds the lease. */
final class ReplicaAcksService extends ReplicaAcksGrpc.ReplicaAcksImplBase {
    private final SidecarRegistry registry;

    ReplicaAcksService(SidecarRegistry registry) {
        this.registry = requireNonNull(registry);
    }

    @Override
    public StreamObserver<ReplicaState> share(StreamObserver<ReplicaStateEnd> response) {
        Object replica = new Object();
        AtomicBoolean ended = new AtomicBoolean();
        return new StreamObserver<>() {
            @Override
            public void onNext(ReplicaState state) {
                registry.replicaSays(replica, state.getFull(), state.getSidecarsList());
            }

            @Override
            public void onError(Throwable cause) {
                end();
            }

            @Override
            public void onCompleted() {
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
