package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.PeerCertificate;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.operator.acks.ShownCertificate;
import dev.stockade.operator.authority.Der;
import dev.stockade.operator.authority.Trust;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXCertPathValidatorResult;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a peer's certificate: a chain to one of the roots, signed by one of the issuers, valid now, a leaf for TLS, exactly one
 * URI SAN of this trust domain, and for a workload the pod that it is bound to (SPIFFE X509-SVID sections 2 and 5).
 */
final class PeerVerifier {
    private static final Logger log = LoggerFactory.getLogger(PeerVerifier.class);
    private static final Duration BETWEEN_LINES = Duration.ofSeconds(1);
    private static final int DIGITAL_SIGNATURE = 0;
    private static final int KEY_CERT_SIGN = 5;
    private static final int LONGEST_CHAIN = 4;
    private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
    private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

    private final Supplier<Trust> trust;
    private final String trustDomain;
    private final Clock clock;
    private final AtomicReference<Instant> saidLast = new AtomicReference<>(Instant.EPOCH);
    private final LongAdder unsaid = new LongAdder();
    private volatile Issuers issuers = new Issuers(List.of(), Set.of());

    PeerVerifier(Supplier<Trust> trust, String trustDomain, Clock clock) {
        this.trust = requireNonNull(trust);
        this.trustDomain = requireNonNull(trustDomain);
        this.clock = requireNonNull(clock);
    }

    /** @throws CertificateException a sentence: why the certificate is not believed */
    Peer client(X509Certificate[] chain) throws CertificateException {
        return verify(chain, CLIENT_AUTH);
    }

    /** Checks a replica that we call. */
    private void operator(X509Certificate[] chain) throws CertificateException {
        if (!(verify(chain, SERVER_AUTH) instanceof Peer.Operator)) {
            throw new CertificateException("the certificate is good, but it is not the operator's");
        }
    }

    private Peer verify(X509Certificate[] chain, String purpose) throws CertificateException {
        if (chain.length == 0 || chain.length > LONGEST_CHAIN) {
            throw new CertificateException("a chain of " + chain.length + " certificates is not one of this mesh");
        }
        String issuer = validate(chain);
        X509Certificate leaf = chain[0];
        boolean[] usage = leaf.getKeyUsage();
        if (leaf.getBasicConstraints() >= 0 || usage == null || !usage[DIGITAL_SIGNATURE] || usage[KEY_CERT_SIGN]) {
            throw new CertificateException("the certificate is not an end entity's");
        }
        List<String> purposes = leaf.getExtendedKeyUsage();
        if (purposes == null || !purposes.contains(purpose)) {
            throw new CertificateException("the certificate is not for this side of TLS");
        }
        return identify(leaf, new ShownCertificate(issuer, leaf.getNotAfter().toInstant()));
    }

    /** @return SHA-256 of the certificate that signed the leaf */
    private String validate(X509Certificate[] chain) throws CertificateException {
        Trust believed = trust.get();
        if (believed.roots().isEmpty()) {
            throw new CertificateException("no root is known yet");
        }
        try {
            PKIXParameters parameters = new PKIXParameters(believed.roots().stream()
                    .map(root -> new TrustAnchor(root, null))
                    .collect(Collectors.toSet()));
            // Certificates live an hour; what is withdrawn sooner is withdrawn by snapshot.
            parameters.setRevocationEnabled(false);
            parameters.setDate(Date.from(clock.instant()));
            CertPath path = CertificateFactory.getInstance("X.509").generateCertPath(Arrays.asList(chain));
            PKIXCertPathValidatorResult result = (PKIXCertPathValidatorResult)
                    CertPathValidator.getInstance("PKIX").validate(path, parameters);
            X509Certificate issuer =
                    chain.length > 1 ? chain[1] : result.getTrustAnchor().getTrustedCert();
            if (!believed.issuers().contains(issuer)) {
                throw new CertificateException("the certificate was issued by "
                        + issuer.getSubjectX500Principal().getName() + ", which issues none for this mesh any more");
            }
            return Der.sha256(issuer);
        } catch (CertificateException e) {
            throw e;
        } catch (GeneralSecurityException e) {
            throw new CertificateException(
                    "the certificate does not chain to a root of this mesh: " + e.getMessage(), e);
        }
    }

    /**
     * Whether a certificate that was believed once still is: it has not ended, and its issuer was not dropped.
     *
     * @return why it is not
     */
    Optional<String> lapsed(ShownCertificate shown) {
        if (clock.instant().isAfter(shown.ends())) {
            return Optional.of("The certificate of this connection has ended. Connect with a new one.");
        }
        return issuers().contains(shown.issuer())
                ? Optional.empty()
                : Optional.of("The issuer of this connection's certificate issues none for this mesh any more."
                        + " Ask for a new certificate and connect with that.");
    }

    /** Digested once: every stream is checked at every change of the mesh. */
    private Set<String> issuers() {
        List<X509Certificate> now = trust.get().issuers();
        Issuers last = issuers;
        if (!last.certificates().equals(now)) {
            last = new Issuers(now, now.stream().map(Der::sha256).collect(Collectors.toUnmodifiableSet()));
            issuers = last;
        }
        return last.digests();
    }

    private record Issuers(List<X509Certificate> certificates, Set<String> digests) {}

    private Peer identify(X509Certificate leaf, ShownCertificate shown) throws CertificateException {
        List<String> uris = PeerCertificate.uris(leaf);
        if (uris.size() != 1) {
            throw new CertificateException("the certificate has " + uris.size() + " URI names, and must have one");
        }
        String uri = uris.getFirst();
        if (uri.equals(SpiffeId.operator(trustDomain))) {
            return new Peer.Operator(shown);
        }
        SpiffeId id = SpiffeId.parse(uri)
                .filter(parsed -> parsed.trustDomain().equals(trustDomain))
                .orElseThrow(() -> new CertificateException("'" + uri + "' is not an identity of " + trustDomain));
        BoundPod pod = PeerCertificate.boundPod(leaf)
                .orElseThrow(() -> new CertificateException("the certificate of " + id + " is bound to no pod"));
        if (!pod.namespace().equals(id.namespace())) {
            throw new CertificateException("the certificate of " + id + " is bound to a pod of namespace "
                    + pod.namespace() + ", and must be to one of its own");
        }
        return new Peer.Workload(id, pod, shown);
    }

    /** The same checks during the handshake: as server for any peer of the mesh, as client for the operator alone. */
    X509ExtendedTrustManager trustManager() {
        return new Handshake();
    }

    /** TLS tells the peer only that its certificate was bad; why is said here, at most once a second. */
    private void said(CertificateException refusal) {
        Instant now = clock.instant();
        Instant last = saidLast.get();
        if (Duration.between(last, now).compareTo(BETWEEN_LINES) < 0 || !saidLast.compareAndSet(last, now)) {
            unsaid.increment();
            return;
        }
        log.atInfo()
                .addKeyValue("why", refusal.getMessage())
                .addKeyValue("othersSince", unsaid.sumThenReset())
                .log("a handshake was refused");
    }

    @FunctionalInterface
    private interface Check {
        void of(X509Certificate[] chain) throws CertificateException;
    }

    private final class Handshake extends X509ExtendedTrustManager {
        private void check(X509Certificate[] chain, Check check) throws CertificateException {
            try {
                check.of(chain);
            } catch (CertificateException e) {
                said(e);
                throw e;
            }
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            check(chain, PeerVerifier.this::client);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, @Nullable Socket socket)
                throws CertificateException {
            check(chain, PeerVerifier.this::client);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, @Nullable SSLEngine engine)
                throws CertificateException {
            check(chain, PeerVerifier.this::client);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            check(chain, PeerVerifier.this::operator);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, @Nullable Socket socket)
                throws CertificateException {
            check(chain, PeerVerifier.this::operator);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, @Nullable SSLEngine engine)
                throws CertificateException {
            check(chain, PeerVerifier.this::operator);
        }

        /** Empty: a list of accepted authorities would say which mesh this is to whoever asks. */
        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
