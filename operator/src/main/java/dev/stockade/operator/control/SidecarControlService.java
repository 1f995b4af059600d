package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.attestation.Presented;
import dev.stockade.operator.attestation.Refusal;
import dev.stockade.operator.attestation.SigningRecord;
import dev.stockade.operator.attestation.SigningRequests;
import dev.stockade.wire.control.v1.SidecarControlGrpc;
import dev.stockade.wire.control.v1.SignRequest;
import dev.stockade.wire.control.v1.SignResponse;
import dev.stockade.wire.control.v1.SubscribeRequest;
import dev.stockade.wire.control.v1.SubscribeResponse;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a sidecar can ask for. {@link PeerGate} has already let in only those who may. */
final class SidecarControlService extends SidecarControlGrpc.SidecarControlImplBase {
    private static final Logger log = LoggerFactory.getLogger(SidecarControlService.class);

    private final SigningRequests signing;
    private final SigningRecord record;
    private final Subscriptions subscriptions;

    SidecarControlService(SigningRequests signing, SigningRecord record, Subscriptions subscriptions) {
        this.signing = requireNonNull(signing);
        this.record = requireNonNull(record);
        this.subscriptions = requireNonNull(subscriptions);
    }

    @Override
    public void sign(SignRequest request, StreamObserver<SignResponse> response) {
        Presented presented = new Presented(
                Optional.ofNullable(SigningToken.CONTEXT.get()).map(SigningToken::value),
                PeerGate.ADDRESS.get(),
                Optional.ofNullable(PeerGate.WORKLOAD.get())
                        .map(shown -> shown.pod().uid()));
        InetAddress peer = presented.from();
        boolean shown = presented.certifiedPod().isPresent();
        AtomicReference<SigningRecord.Caller> caller = new AtomicReference<>();
        try {
            SigningRequests.Signed signed = signing.sign(
                    presented,
                    request,
                    (namespace, name, uid) -> caller.set(new SigningRecord.Caller(namespace, name, uid)));
            signed.issued().forEach((id, leaf) -> record.signed(caller.get(), id, leaf, peer, shown));
            signed.withheld().ifPresent(refusal -> record.refused(refusal, Optional.of(caller.get()), peer, shown));
            SignResponse answer = signed.response();
            response.onNext(answer);
            response.onCompleted();
        } catch (Refusal refusal) {
            record.refused(refusal, Optional.ofNullable(caller.get()), peer, shown);
            response.onError(status(refusal).withDescription(refusal.sentence()).asRuntimeException());
        } catch (RuntimeException e) {
            log.atError().addKeyValue("peer", peer.getHostAddress()).log("a Sign failed", e);
            response.onError(Status.UNAVAILABLE
                    .withDescription("The operator could not answer; its log says why. Ask again.")
                    .asRuntimeException());
        }
    }

    private static Status status(Refusal refusal) {
        return switch (refusal.reason().answer()) {
            case UNAUTHENTICATED -> Status.UNAUTHENTICATED;
            case DENIED -> Status.PERMISSION_DENIED;
            case WAIT -> Status.FAILED_PRECONDITION;
            case INVALID -> Status.INVALID_ARGUMENT;
            case UNAVAILABLE -> Status.UNAVAILABLE;
            case EXHAUSTED -> Status.RESOURCE_EXHAUSTED;
        };
    }

    @Override
    public StreamObserver<SubscribeRequest> subscribe(StreamObserver<SubscribeResponse> response) {
        return subscriptions.open(
                requireNonNull(PeerGate.WORKLOAD.get()), (ServerCallStreamObserver<SubscribeResponse>) response);
    }
}
