package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.wire.control.v1.ReplicaAcksGrpc;
import dev.stockade.wire.control.v1.SidecarControlGrpc;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who may call what: {@code Sign} anybody, {@code Subscribe} a workload of the mesh, {@code Share} another replica of the
 * operator, and nothing else is served. The certificate is verified again at each call, for trust changes during a connection.
 */
final class PeerGate implements ServerInterceptor {
    static final Context.Key<Peer.Workload> WORKLOAD = Context.key("workload");
    static final Context.Key<Peer.Operator> OPERATOR = Context.key("operator");
    static final Context.Key<InetAddress> ADDRESS = Context.key("address");

    private static final Logger log = LoggerFactory.getLogger(PeerGate.class);

    private final PeerVerifier verifier;

    PeerGate(PeerVerifier verifier) {
        this.verifier = requireNonNull(verifier);
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        String method = call.getMethodDescriptor().getFullMethodName();
        try {
            Context context = Context.current()
                    .withValue(ADDRESS, address(call))
                    .withValue(SigningToken.CONTEXT, SigningToken.of(headers).orElse(null));
            if (method.equals(SidecarControlGrpc.getSignMethod().getFullMethodName())) {
                return Contexts.interceptCall(
                        context.withValue(WORKLOAD, shown(call).orElse(null)), call, headers, next);
            }
            Peer peer = peer(call);
            if (method.equals(SidecarControlGrpc.getSubscribeMethod().getFullMethodName())
                    && peer instanceof Peer.Workload workload) {
                return Contexts.interceptCall(context.withValue(WORKLOAD, workload), call, headers, next);
            }
            if ((method.equals(ReplicaAcksGrpc.getShareMethod().getFullMethodName())
                            || method.equals(ReplicaAcksGrpc.getErrandsMethod().getFullMethodName()))
                    && peer instanceof Peer.Operator operator) {
                return Contexts.interceptCall(context.withValue(OPERATOR, operator), call, headers, next);
            }
            return refuse(call, Status.PERMISSION_DENIED, method, "This certificate may not call " + method + ".");
        } catch (CertificateException e) {
            return refuse(
                    call,
                    Status.UNAUTHENTICATED,
                    method,
                    "A certificate of the mesh is needed: " + e.getMessage() + ".");
        }
    }

    /** The workload whose certificate was shown, where one was that is good now. {@code Sign} does without. */
    private Optional<Peer.Workload> shown(ServerCall<?, ?> call) {
        try {
            return peer(call) instanceof Peer.Workload workload ? Optional.of(workload) : Optional.empty();
        } catch (CertificateException e) {
            return Optional.empty();
        }
    }

    private Peer peer(ServerCall<?, ?> call) throws CertificateException {
        SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
        if (session == null) {
            throw new CertificateException("the connection has no TLS");
        }
        try {
            if (session.getPeerCertificates() instanceof X509Certificate[] chain) {
                return verifier.client(chain);
            }
            throw new CertificateException("the peer's certificate is not X.509");
        } catch (SSLPeerUnverifiedException e) {
            throw new CertificateException("the peer showed none", e);
        }
    }

    private static InetAddress address(ServerCall<?, ?> call) throws CertificateException {
        if (call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR) instanceof InetSocketAddress remote
                && remote.getAddress() != null) {
            return remote.getAddress();
        }
        throw new CertificateException("the connection has no address");
    }

    private static <Q, A> ServerCall.Listener<Q> refuse(
            ServerCall<Q, A> call, Status status, String method, String sentence) {
        log.atInfo()
                .addKeyValue("method", method)
                .addKeyValue("peer", call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR))
                .addKeyValue("why", sentence)
                .log("call refused");
        call.close(status.withDescription(sentence), new Metadata());
        return new ServerCall.Listener<>() {};
    }
}
