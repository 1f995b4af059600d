package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.acks.LeaseHolder;
import dev.stockade.operator.acks.SidecarRegistry;
import dev.stockade.operator.isolation.Outcome;
import dev.stockade.operator.isolation.SidecarVantages;
import dev.stockade.wire.control.v1.Errand;
import dev.stockade.wire.control.v1.ProbeOrder;
import dev.stockade.wire.control.v1.ProbeResult;
import dev.stockade.wire.control.v1.ReplicaAcksGrpc;
import dev.stockade.wire.control.v1.ReplicaState;
import dev.stockade.wire.control.v1.ReplicaStateEnd;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.SslContext;
import java.net.InetSocketAddress;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the lease holder what this replica's sidecars have acknowledged; silent while this replica holds the lease itself. */
public final class ReplicaAcksCaller implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ReplicaAcksCaller.class);
    private static final int LARGEST_STATE = 256 * 1024;

    private final SidecarRegistry registry;
    private final Supplier<Optional<LeaseHolder>> holder;
    private final String self;
    private final int port;
    private final SslContext tls;
    private final SidecarVantages sidecars;

    private @Nullable Call call;

    /**
     * @param holder reads the Lease; empty while nobody holds it or the API server does not answer
     * @param self this replica's pod
     * @param port of the control channel on every replica
     * @param sidecars those of this replica, for the lease holder's errands
     */
    ReplicaAcksCaller(
            SidecarRegistry registry,
            Supplier<Optional<LeaseHolder>> holder,
            String self,
            int port,
            SslContext tls,
            SidecarVantages sidecars) {
        this.registry = requireNonNull(registry);
        this.holder = requireNonNull(holder);
        this.self = requireNonNull(self);
        this.port = port;
        this.tls = requireNonNull(tls);
        this.sidecars = requireNonNull(sidecars);
    }

    /** Follows the lease; called every other second. A call that has ended is made again. */
    public synchronized void follow() {
        Optional<LeaseHolder> now = holder.get();
        if (now.isEmpty()) {
            return;
        }
        LeaseHolder target = now.get();
        Call current = call;
        if (current != null && (current.ended() || !current.target.equals(target))) {
            current.close();
            call = null;
        }
        if (call == null && !target.pod().equals(self)) {
            call = new Call(target);
        }
    }

    @Override
    public synchronized void close() {
        if (call != null) {
            call.close();
            call = null;
        }
    }

    private final class Call implements ClientResponseObserver<ReplicaState, ReplicaStateEnd> {
        private final LeaseHolder target;
        private final ManagedChannel channel;
        private final Set<String> pending = new LinkedHashSet<>();
        private final Consumer<String> changed = this::changed;
        private @Nullable ClientCallStreamObserver<ReplicaState> out;
        private boolean full = true;
        private boolean ended;

        @SuppressWarnings("this-escape")
        Call(LeaseHolder target) {
            this.target = target;
            this.channel = NettyChannelBuilder.forAddress(new InetSocketAddress(target.address(), port))
                    .sslContext(tls)
                    .keepAliveTime(20, TimeUnit.SECONDS)
                    .keepAliveTimeout(10, TimeUnit.SECONDS)
                    .build();
            registry.onOwnChange(changed);
            synchronized (this) {
                pending.addAll(registry.ownPods());
            }
            ReplicaAcksGrpc.newStub(channel).share(this);
            new Errands().begin();
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<ReplicaState> stream) {
            synchronized (this) {
                out = stream;
            }
            stream.setOnReadyHandler(this::drain);
        }

        private void changed(String podUid) {
            synchronized (this) {
                pending.add(podUid);
            }
            drain();
        }

        /** Sends what has changed, each pod's latest state once; the first message replaces all that was said before. */
        private synchronized void drain() {
            ClientCallStreamObserver<ReplicaState> stream = out;
            while (stream != null && !ended && stream.isReady() && (full || !pending.isEmpty())) {
                ReplicaState.Builder message = ReplicaState.newBuilder().setFull(full);
                int size = 0;
                Iterator<String> pods = pending.iterator();
                while (pods.hasNext() && size < LARGEST_STATE) {
                    var state = registry.own(pods.next());
                    pods.remove();
                    if (state.isPresent()) {
                        message.addSidecars(state.get());
                        size += state.get().getSerializedSize();
                    }
                }
                full = false;
                stream.onNext(message.build());
            }
        }

        @Override
        public void onNext(ReplicaStateEnd value) {
            // The answer says only that the call has ended.
        }

        @Override
        public void onError(Throwable cause) {
            log.atInfo()
                    .addKeyValue("leader", target.pod())
                    .addKeyValue("address", target.address())
                    .addKeyValue("why", Status.fromThrowable(cause).getDescription())
                    .log("the lease holder cannot be told of acknowledgements; trying again");
            end();
        }

        @Override
        public void onCompleted() {
            end();
        }

        private synchronized void end() {
            ended = true;
        }

        private synchronized boolean ended() {
            return ended;
        }

        void close() {
            registry.removeOwnChange(changed);
            end();
            channel.shutdownNow();
        }

        /** What the lease holder has this replica's sidecars do. A holder of an older release knows nothing of it. */
        private final class Errands implements StreamObserver<Errand> {
            private @Nullable StreamObserver<ProbeResult> answers;

            synchronized void begin() {
                answers = ReplicaAcksGrpc.newStub(channel).errands(this);
            }

            @Override
            public void onNext(Errand errand) {
                ProbeOrder order = errand.getOrder();
                sidecars.order(
                        errand.getVantagePodUid(),
                        new SidecarVantages.Order(
                                order.getPodNamespace(),
                                order.getPodName(),
                                order.getPodUid(),
                                order.getAddress(),
                                order.getPort()),
                        outcome -> answer(order.getId(), outcome));
            }

            private synchronized void answer(long id, Outcome outcome) {
                if (answers != null) {
                    answers.onNext(ProbeResult.newBuilder()
                            .setId(id)
                            .setOutcome(ProbeOrders.message(outcome))
                            .build());
                }
            }

            @Override
            public void onError(Throwable cause) {
                over();
                if (Status.fromThrowable(cause).getCode() != Status.Code.UNIMPLEMENTED) {
                    // With both of its halves the call is made again.
                    end();
                }
            }

            @Override
            public void onCompleted() {
                over();
                end();
            }

            private synchronized void over() {
                answers = null;
            }
        }
    }
}
