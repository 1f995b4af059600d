package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.acks.SidecarRegistry;
import dev.stockade.operator.isolation.Outcome;
import dev.stockade.operator.isolation.SidecarVantages;
import dev.stockade.wire.control.v1.Errand;
import dev.stockade.wire.control.v1.ProbeOrder;
import dev.stockade.wire.control.v1.ProbeResult;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * The sidecars of all replicas, as the lease holder asks them to try: its own directly, those of others through their replicas,
 * which call the lease holder and are told over that call.
 */
final class ReplicaErrands implements SidecarVantages {
    private final SidecarRegistry registry;
    private final Subscriptions own;
    private final PeerVerifier verifier;
    private final Clock clock;
    private final List<Replica> replicas = new CopyOnWriteArrayList<>();

    ReplicaErrands(SidecarRegistry registry, Subscriptions own, PeerVerifier verifier, Clock clock) {
        this.registry = requireNonNull(registry);
        this.own = requireNonNull(own);
        this.verifier = requireNonNull(verifier);
        this.clock = requireNonNull(clock);
    }

    @Override
    public Set<String> pods() {
        return registry.probing();
    }

    @Override
    public void order(String vantageUid, Order order, Consumer<Outcome> answer) {
        if (own.has(vantageUid)) {
            own.order(vantageUid, order, answer);
            return;
        }
        // Which of them has the sidecar, each knows best itself; there are one or two.
        List<Replica> asked = List.copyOf(replicas);
        if (asked.isEmpty()) {
            answer.accept(Outcome.NOT_TRIED);
            return;
        }
        AtomicInteger left = new AtomicInteger(asked.size());
        AtomicBoolean answered = new AtomicBoolean();
        for (Replica replica : asked) {
            replica.send(vantageUid, order, outcome -> {
                boolean last = left.decrementAndGet() == 0;
                if ((outcome != Outcome.NOT_TRIED || last) && answered.compareAndSet(false, true)) {
                    answer.accept(outcome);
                }
            });
        }
    }

    /** Those that were not answered in time are not tried. */
    void expire() {
        replicas.forEach(replica -> replica.waiting.expire(clock.instant()));
    }

    /** Another replica calls, to be told. */
    StreamObserver<ProbeResult> open(Peer.Operator peer, StreamObserver<Errand> out) {
        Replica replica = new Replica(peer, (ServerCallStreamObserver<Errand>) out);
        replica.out.setOnCancelHandler(replica::end);
        replicas.add(replica);
        return replica;
    }

    private final class Replica implements StreamObserver<ProbeResult> {
        private final Peer.Operator peer;
        private final ServerCallStreamObserver<Errand> out;
        private final ProbeOrders waiting = new ProbeOrders();
        private boolean ended;

        Replica(Peer.Operator peer, ServerCallStreamObserver<Errand> out) {
            this.peer = peer;
            this.out = out;
        }

        void send(String vantageUid, Order order, Consumer<Outcome> answer) {
            Optional<ProbeOrder> message = Optional.empty();
            synchronized (this) {
                if (!ended && out.isReady()) {
                    message = waiting.add(order, answer, clock.instant());
                    message.ifPresent(m -> out.onNext(Errand.newBuilder()
                            .setVantagePodUid(vantageUid)
                            .setOrder(m)
                            .build()));
                }
            }
            if (message.isEmpty()) {
                answer.accept(Outcome.NOT_TRIED);
            }
        }

        @Override
        public void onNext(ProbeResult result) {
            // The call may outlive the certificate that it was made with.
            Optional<String> lapsed = verifier.lapsed(peer.certificate());
            if (lapsed.isPresent()) {
                synchronized (this) {
                    if (!ended) {
                        out.onError(Status.UNAUTHENTICATED
                                .withDescription(lapsed.get())
                                .asRuntimeException());
                    }
                }
                end();
                return;
            }
            waiting.answered(result);
        }

        @Override
        public void onError(Throwable cause) {
            end();
        }

        @Override
        public void onCompleted() {
            synchronized (this) {
                if (!ended) {
                    out.onCompleted();
                }
            }
            end();
        }

        private void end() {
            replicas.remove(this);
            synchronized (this) {
                ended = true;
            }
            waiting.close();
        }
    }
}
