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
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.EnumMap;
import java.util.HashMap;
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

    /**
     * The answer, and what there is to record of it.
     *
     * @param issued SPIFFE ID to certificate
     * @param withheld why one that was asked for is not among them, although the pod is that
     */
    public record Signed(SignResponse response, Map<String, X509Certificate> issued, Optional<Refusal> withheld) {
        public Signed {
            requireNonNull(response);
            issued = Map.copyOf(issued);
            requireNonNull(withheld);
        }
    }

    /** A certificate for each identity of the pod for which the request has a key. */
    public Signed sign(Presented presented, SignRequest request, Attestor.SeenPod seen) throws Refusal {
        // The pod proves itself first: a stranger does not learn what is wrong with a request.
        Attested attested = attestor.attest(presented, seen);
        Map<WorkloadKind, PublicKey> keys = keys(request);
        SignResponse.Builder response = SignResponse.newBuilder();
        Map<String, X509Certificate> issued = new HashMap<>();
        for (Attested.Identity identity : attested.identities()) {
            PublicKey key = keys.get(identity.id().kind());
            if (key != null) {
                List<X509Certificate> chain = issue(attested, identity, key);
                issued.put(identity.id().uri(), chain.getFirst());
                response.addCertificates(signed(identity, chain));
            }
        }
        if (response.getCertificatesCount() == 0) {
            throw new Refusal(
                    Reason.NOT_HELD,
                    "Pod " + attested.pod().namespace() + "/" + attested.pod().name() + " is "
                            + attested.identities().stream()
                                    .map(identity -> identity.id().uri())
                                    .collect(Collectors.joining(" and "))
                            + ", and no certificate was asked for that.");
        }
        return new Signed(
                response.setTrust(trust.get()).build(),
                issued,
                attested.withheld().filter(refusal -> keys.containsKey(WorkloadKind.AGENT)));
    }

    private List<X509Certificate> issue(Attested attested, Attested.Identity identity, PublicKey key) throws Refusal {
        try {
            return authority.issue(identity.id(), attested.pod(), key, identity.lifetime());
        } catch (AuthorityRefusesException e) {
            throw new Refusal(Reason.AUTHORITY, requireNonNull(e.getMessage()), e);
        }
    }

    private static SignedCertificate signed(Attested.Identity identity, List<X509Certificate> chain) {
        return SignedCertificate.newBuilder()
                .setRole(identity.id().kind() == WorkloadKind.AGENT ? Role.ROLE_AGENT : Role.ROLE_SERVER)
                .setSpiffeId(identity.id().uri())
                .addAllChain(chain.stream()
                        .map(certificate -> ByteString.copyFrom(Der.of(certificate)))
                        .toList())
                .build();
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
