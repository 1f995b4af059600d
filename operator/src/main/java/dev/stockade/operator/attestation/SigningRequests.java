package dev.stockade.operator.attestation;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.operator.attestation.Refusal.Reason;
import dev.stockade.operator.authority.Authority;
import dev.stockade.operator.authority.AuthorityRefusesException;
import dev.stockade.operator.authority.Der;
import dev.stockade.wire.control.v1.CertificateRequest;
import dev.stockade.wire.control.v1.Role;
import dev.stockade.wire.control.v1.SignRequest;
import dev.stockade.wire.control.v1.SignResponse;
import dev.stockade.wire.control.v1.SignedCertificate;
import dev.stockade.wire.control.v1.TrustBundle;
import java.net.InetAddress;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Answers a {@code Sign}: the pod proves itself, the keys are checked, the authority signs what the pod holds. */
public final class SigningRequests {
    private final Attestor attestor;
    private final Authority authority;
    private final Supplier<TrustBundle> trust;

    public SigningRequests(Attestor attestor, Authority authority, Supplier<TrustBundle> trust) {
        this.attestor = requireNonNull(attestor);
        this.authority = requireNonNull(authority);
        this.trust = requireNonNull(trust);
    }

    /** A certificate for each identity of the pod for which the request has a key. */
    public SignResponse sign(Optional<String> token, InetAddress peer, SignRequest request, Attestor.SeenPod seen)
            throws Refusal {
        // The pod proves itself first: a stranger does not learn what is wrong with a request.
        Attested attested = attestor.attest(token, peer, seen);
        Map<WorkloadKind, PublicKey> keys = keys(request);
        SignResponse.Builder response = SignResponse.newBuilder();
        for (Attested.Identity identity : attested.identities()) {
            PublicKey key = keys.get(identity.id().kind());
            if (key != null) {
                response.addCertificates(issue(attested, identity, key));
            }
        }
        if (response.getCertificatesCount() == 0) {
            throw new Refusal(
                    Reason.NOTHING_SELECTS,
                    "Pod " + attested.pod().namespace() + "/" + attested.pod().name() + " is "
                            + attested.identities().stream()
                                    .map(identity -> identity.id().uri())
                                    .collect(Collectors.joining(" and "))
                            + ", and no certificate was asked for that.");
        }
        return response.setTrust(trust.get()).build();
    }

    private SignedCertificate issue(Attested attested, Attested.Identity identity, PublicKey key) throws Refusal {
        try {
            List<X509Certificate> chain = authority.issue(identity.id(), attested.pod(), key, identity.lifetime());
            return SignedCertificate.newBuilder()
                    .setRole(identity.id().kind() == WorkloadKind.AGENT ? Role.ROLE_AGENT : Role.ROLE_SERVER)
                    .setSpiffeId(identity.id().uri())
                    .addAllChain(chain.stream()
                            .map(certificate -> ByteString.copyFrom(Der.of(certificate)))
                            .toList())
                    .build();
        } catch (AuthorityRefusesException e) {
            throw new Refusal(Reason.AUTHORITY, requireNonNull(e.getMessage()), e);
        }
    }

    private static Map<WorkloadKind, PublicKey> keys(SignRequest request) throws Refusal {
        Map<WorkloadKind, PublicKey> keys = new EnumMap<>(WorkloadKind.class);
        for (CertificateRequest wanted : request.getRequestsList()) {
            WorkloadKind kind = switch (wanted.getRole()) {
                case ROLE_AGENT -> WorkloadKind.AGENT;
                case ROLE_SERVER -> WorkloadKind.MCP;
                case ROLE_UNSPECIFIED, UNRECOGNIZED ->
                    throw new Refusal(Reason.BAD_REQUEST, "A certificate request names no role. Name agent or server.");
            };
            if (keys.put(kind, CertificateSigningRequest.key(wanted.getCsr().toByteArray())) != null) {
                throw new Refusal(Reason.BAD_REQUEST, "Two requests name one role. Send at most one of each.");
            }
        }
        if (keys.isEmpty()) {
            throw new Refusal(Reason.BAD_REQUEST, "No certificate was asked for. Send a request for a role.");
        }
        return keys;
    }
}
