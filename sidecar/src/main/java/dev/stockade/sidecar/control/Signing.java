package dev.stockade.sidecar.control;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import dev.stockade.model.identity.PeerCertificate;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.identity.TrustBundle;
import dev.stockade.sidecar.identity.WorkloadKey;
import dev.stockade.wire.control.v1.CertificateRequest;
import dev.stockade.wire.control.v1.Role;
import dev.stockade.wire.control.v1.SidecarControlGrpc;
import dev.stockade.wire.control.v1.SignRequest;
import dev.stockade.wire.control.v1.SignResponse;
import dev.stockade.wire.control.v1.SignedCertificate;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** One request for certificates: fresh keys, the token as it stands in its file now, and the answer checked. */
final class Signing {
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    /** RFC 6750 section 2.1. */
    private static final Pattern TOKEN = Pattern.compile("[-A-Za-z0-9._~+/]+=*");

    private static final long DEADLINE_SECONDS = 10;

    private final ControlSettings settings;
    private final Clock clock;

    Signing(ControlSettings settings, Clock clock) {
        this.settings = requireNonNull(settings);
        this.clock = requireNonNull(clock);
    }

    /** What the operator signed; a certificate for each identity that the pod holds. */
    record Signed(Map<WorkloadKind, Svid> svids, TrustBundle trust) {}

    /** Asks for both roles, since only the operator knows which of them the pod has. Fails with a gRPC status. */
    CompletableFuture<Signed> request(OperatorChannel.Open to) {
        Map<WorkloadKind, WorkloadKey> keys = new EnumMap<>(WorkloadKind.class);
        SignRequest.Builder request = SignRequest.newBuilder();
        for (WorkloadKind kind : WorkloadKind.values()) {
            WorkloadKey key = WorkloadKey.generate();
            keys.put(kind, key);
            request.addRequests(CertificateRequest.newBuilder()
                    .setRole(role(kind))
                    .setCsr(ByteString.copyFrom(key.signingRequest())));
        }
        Metadata headers = new Metadata();
        try {
            String token = Files.readString(settings.token()).strip();
            if (!TOKEN.matcher(token).matches()) {
                // Asked here, since the library would print what cannot be sent.
                return CompletableFuture.failedFuture(
                        new IOException("what stands in " + settings.token() + " is not a service-account token"));
            }
            headers.put(AUTHORIZATION, "Bearer " + token);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(
                    new IOException("the service-account token cannot be read from " + settings.token()));
        }
        CompletableFuture<Signed> result = new CompletableFuture<>();
        SidecarControlGrpc.newStub(to.channel())
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
                .sign(request.build(), new StreamObserver<>() {
                    @Override
                    public void onNext(SignResponse response) {
                        try {
                            result.complete(check(response, keys));
                        } catch (IllegalArgumentException e) {
                            result.completeExceptionally(Status.INTERNAL
                                    .withDescription("the operator's answer is not usable: " + e.getMessage())
                                    .asRuntimeException());
                        }
                    }

                    @Override
                    public void onError(Throwable why) {
                        result.completeExceptionally(why);
                    }

                    @Override
                    public void onCompleted() {
                        result.completeExceptionally(Status.INTERNAL
                                .withDescription("the operator answered without a certificate")
                                .asRuntimeException());
                    }
                });
        return result;
    }

    /** @throws IllegalArgumentException with one sentence, if anything in it is not what was asked for: nothing of it counts */
    Signed check(SignResponse response, Map<WorkloadKind, WorkloadKey> keys) {
        if (!response.getTrust().getTrustDomain().equals(settings.trustDomain())) {
            throw new IllegalArgumentException("its trust domain is not " + settings.trustDomain());
        }
        Instant now = clock.instant();
        TrustBundle trust = TrustBundle.ofOperator(
                settings.trustDomain(),
                bytes(response.getTrust().getRootsList()),
                bytes(response.getTrust().getIssuersList()),
                response.getTrust().getEpoch(),
                now);
        Map<WorkloadKind, Svid> svids = new EnumMap<>(WorkloadKind.class);
        for (SignedCertificate certificate : response.getCertificatesList()) {
            Svid svid = check(certificate, keys, trust, now);
            if (svids.put(svid.id().kind(), svid) != null) {
                throw new IllegalArgumentException("it holds two certificates for " + svid.id());
            }
        }
        if (svids.isEmpty()) {
            throw new IllegalArgumentException("it holds no certificate");
        }
        return new Signed(Map.copyOf(svids), trust);
    }

    private Svid check(
            SignedCertificate certificate, Map<WorkloadKind, WorkloadKey> keys, TrustBundle trust, Instant now) {
        WorkloadKind kind = kind(certificate.getRole());
        WorkloadKey key = keys.get(kind);
        if (key == null) {
            throw new IllegalArgumentException("a certificate for " + kind + " was not asked for");
        }
        Svid svid = Svid.of(key, bytes(certificate.getChainList()), trust, now);
        if (svid.id().kind() != kind
                || !svid.id().trustDomain().equals(settings.trustDomain())
                || !svid.id().uri().equals(certificate.getSpiffeId())) {
            throw new IllegalArgumentException("the certificate for " + svid.id() + " is not the one announced");
        }
        if (PeerCertificate.boundPod(svid.leaf())
                .filter(pod -> pod.uid().equals(settings.podUid()))
                .isEmpty()) {
            throw new IllegalArgumentException("the certificate for " + svid.id() + " is bound to another pod");
        }
        return svid;
    }

    private static List<byte[]> bytes(List<ByteString> strings) {
        return strings.stream().map(ByteString::toByteArray).toList();
    }

    private static Role role(WorkloadKind kind) {
        return switch (kind) {
            case AGENT -> Role.ROLE_AGENT;
            case MCP -> Role.ROLE_SERVER;
        };
    }

    private static WorkloadKind kind(Role role) {
        return switch (role) {
            case ROLE_AGENT -> WorkloadKind.AGENT;
            case ROLE_SERVER -> WorkloadKind.MCP;
            case ROLE_UNSPECIFIED, UNRECOGNIZED ->
                throw new IllegalArgumentException("a certificate's role is not known");
        };
    }
}
