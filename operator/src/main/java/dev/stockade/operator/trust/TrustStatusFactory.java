package dev.stockade.operator.trust;

import dev.stockade.crds.common.Condition;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.crds.trust.MeshTrustStatus;
import dev.stockade.crds.trust.TrustedRoot;
import dev.stockade.operator.authority.AuthorityState;
import dev.stockade.operator.status.Conditions;
import dev.stockade.operator.status.Finding;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;

/** What is so of the certificate authority. Pure. */
final class TrustStatusFactory {
    private static final String STABLE = "Stable";

    private TrustStatusFactory() {}

    /** The status; equal to the published one if nothing has changed. */
    static MeshTrustStatus of(MeshTrust trust, AuthorityState authority, Instant now) {
        long generation = trust.getMetadata().getGeneration();
        MeshTrustStatus published = trust.getStatus();
        Finding rotating = Finding.no(Conditions.ROTATING, STABLE, "");
        return switch (authority) {
            case AuthorityState.Usable usable ->
                status(
                        generation,
                        published,
                        List.of(
                                Finding.yes(
                                        Conditions.READY,
                                        "Usable",
                                        "Signs for trust domain "
                                                + trust.getSpec().trustDomain() + " with root "
                                                + usable.rootSha256().substring(0, 12) + ", which ends "
                                                + usable.rootEnds() + ". The issuing certificate ends "
                                                + usable.issuerEnds() + " and is renewed before."),
                                Conditions.progressing(),
                                rotating),
                        usable.rootSha256(),
                        usable.roots().stream().map(TrustStatusFactory::root).toList(),
                        now);
            // The root that was named stays named: no other may take its place unseen.
            case AuthorityState.Refusing(String sentence, boolean userMustMend) ->
                status(
                        generation,
                        published,
                        List.of(
                                Finding.no(Conditions.READY, "AuthorityRefuses", sentence),
                                userMustMend
                                        ? Conditions.stalled("AuthorityRefuses", sentence)
                                        : Conditions.progressing(),
                                rotating),
                        published.rootSha256(),
                        published.roots(),
                        now);
        };
    }

    private static MeshTrustStatus status(
            long generation,
            MeshTrustStatus published,
            List<Finding> findings,
            String root,
            List<TrustedRoot> roots,
            Instant now) {
        List<Condition> conditions = Conditions.of(findings, generation, published.conditions(), now);
        return new MeshTrustStatus(generation, conditions, root, roots, STABLE);
    }

    private static TrustedRoot root(X509Certificate certificate) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
            return new TrustedRoot(
                    HexFormat.of().formatHex(digest),
                    certificate.getNotAfter().toInstant().toString());
        } catch (NoSuchAlgorithmException | CertificateEncodingException e) {
            throw new IllegalStateException("a root that was read before cannot be written: " + e.getMessage(), e);
        }
    }
}
