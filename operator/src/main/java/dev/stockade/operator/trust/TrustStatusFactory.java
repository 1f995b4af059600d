package dev.stockade.operator.trust;

import dev.stockade.crds.trust.LastRotation;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.crds.trust.MeshTrustStatus;
import dev.stockade.crds.trust.TrustedCertificate;
import dev.stockade.operator.authority.AuthorityState;
import dev.stockade.operator.authority.AuthorityState.Usable;
import dev.stockade.operator.authority.Der;
import dev.stockade.operator.authority.Rotation;
import dev.stockade.operator.authority.Rotation.Change;
import dev.stockade.operator.authority.Rotation.Finished;
import dev.stockade.operator.authority.RotationProgress;
import dev.stockade.operator.status.Conditions;
import dev.stockade.operator.status.Finding;
import dev.stockade.operator.status.Reason;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What is so of the certificate authority. Pure. */
final class TrustStatusFactory {
    private static final String STABLE = Rotation.Step.STABLE.word();
    private static final int NAMED = 3;

    private TrustStatusFactory() {}

    /**
     * The status; equal to the published one if nothing has changed.
     *
     * @param otherDomain a sentence, if the cluster's domain is not the one that the chart names
     */
    static MeshTrustStatus of(MeshTrust trust, AuthorityState authority, Optional<String> otherDomain, Instant now) {
        return switch (authority) {
            case Usable usable -> usable(trust, usable, otherDomain, now);
            // A replica that is elected before it has read its Secret leaves what the former leader knew.
            case AuthorityState.Unread _ -> trust.getStatus();
            case AuthorityState.Refusing refusing -> refusing(trust, refusing, now);
        };
    }

    private static MeshTrustStatus usable(MeshTrust trust, Usable usable, Optional<String> otherDomain, Instant now) {
        long generation = trust.getMetadata().getGeneration();
        List<Finding> findings = List.of(ready(trust, usable, otherDomain), stalled(usable), rotating(usable));
        return new MeshTrustStatus(
                generation,
                Conditions.of(findings, generation, trust.getStatus().conditions(), now),
                usable.rootSha256(),
                certificates(usable.trust().roots()),
                certificates(usable.trust().issuers()),
                usable.trust().epoch(),
                usable.rotation().name(),
                usable.rotation().last().map(TrustStatusFactory::last).orElse(null));
    }

    private static Finding ready(MeshTrust trust, Usable usable, Optional<String> otherDomain) {
        String ends = "root " + usable.rootSha256().substring(0, 12) + " ends " + usable.rootEnds()
                + ", the issuing certificate " + usable.issuerEnds();
        if (usable.overdue()) {
            return Finding.no(
                    Conditions.READY,
                    Reason.ROTATION_OVERDUE,
                    "A certificate in use is in the last tenth of its life and has not been replaced: " + ends + ". "
                            + obstacle(usable));
        }
        String signs =
                "Signs for trust domain " + trust.getSpec().trustDomain() + ": " + ends + ". Both are rotated before.";
        return otherDomain
                .map(sentence -> Finding.yes(Conditions.READY, Reason.OTHER_CLUSTER_DOMAIN, sentence + " " + signs))
                .orElseGet(() -> Finding.yes(Conditions.READY, Reason.USABLE, signs));
    }

    private static String obstacle(Usable usable) {
        return switch (usable.progress()) {
            case RotationProgress.Waiting(List<String> sentences) ->
                "The rotation waits: " + shortened(sentences) + ".";
            case RotationProgress.AuthorityRefused(String sentence) -> sentence;
            case RotationProgress.BadRequest _, RotationProgress.Quiet _ ->
                "Look into the operator's log, and at the CA that spec.caSecretRef names, if it does.";
        };
    }

    private static Finding stalled(Usable usable) {
        return usable.progress() instanceof RotationProgress.AuthorityRefused(String sentence)
                ? Conditions.stalled(
                        Reason.AUTHORITY_REFUSED, sentence + " What was made before stays in use as long as it lives.")
                : Conditions.progressing();
    }

    private static Finding rotating(Usable usable) {
        Rotation rotation = usable.rotation();
        if (rotation.change().isPresent()) {
            return Finding.yes(
                    Conditions.ROTATING,
                    reason(rotation.step()),
                    change(rotation.change().get()) + ", in this step since " + seconds(rotation.since())
                            + waits(usable.progress()) + ".");
        }
        return switch (usable.progress()) {
            case RotationProgress.BadRequest(String sentence) ->
                Finding.no(Conditions.ROTATING, Reason.BAD_REQUEST, sentence);
            case RotationProgress.AuthorityRefused(String sentence) ->
                Finding.no(Conditions.ROTATING, Reason.AUTHORITY_REFUSED, sentence);
            case RotationProgress.Waiting _, RotationProgress.Quiet _ ->
                Finding.no(
                        Conditions.ROTATING,
                        Reason.STABLE,
                        rotation.last().map(TrustStatusFactory::finished).orElse(""));
        };
    }

    private static Reason reason(Rotation.Step step) {
        return switch (step) {
            case STABLE -> Reason.STABLE;
            case TRUST_NEW -> Reason.TRUST_NEW;
            case SIGN_WITH_NEW -> Reason.SIGN_WITH_NEW;
            case DROP_OLD -> Reason.DROP_OLD;
        };
    }

    private static String change(Change change) {
        String why = switch (change.cause()) {
            case LIFETIME -> "because two thirds of its life are over";
            case REQUEST -> "asked for as " + change.request();
            case AUTHORITY -> "because issuers are made below another CA";
        };
        return "The " + change.of().word().toLowerCase(Locale.ROOT) + " is being rotated, " + why + ", since "
                + seconds(change.started());
    }

    private static String finished(Finished finished) {
        return "The " + finished.change().of().word().toLowerCase(Locale.ROOT) + " was rotated last, from "
                + seconds(finished.change().started()) + " to " + seconds(finished.at()) + ".";
    }

    private static String waits(RotationProgress progress) {
        return progress instanceof RotationProgress.Waiting(List<String> sentences)
                ? "; waits for " + sentences.size() + ": " + shortened(sentences)
                : "";
    }

    private static String shortened(List<String> sentences) {
        String named = String.join("; ", sentences.subList(0, Math.min(NAMED, sentences.size())));
        return sentences.size() > NAMED ? named + "; and " + (sentences.size() - NAMED) + " more" : named;
    }

    private static LastRotation last(Finished finished) {
        Change change = finished.change();
        return new LastRotation(
                change.of().word(),
                change.cause().word(),
                change.request(),
                seconds(change.started()),
                seconds(finished.at()));
    }

    private static String seconds(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** The root that was named stays named, and the epoch: nothing else may take their place unseen. */
    private static MeshTrustStatus refusing(MeshTrust trust, AuthorityState.Refusing refusing, Instant now) {
        long generation = trust.getMetadata().getGeneration();
        MeshTrustStatus published = trust.getStatus();
        String sentence = refusing.sentence();
        List<Finding> findings = List.of(
                Finding.no(Conditions.READY, Reason.AUTHORITY_REFUSES, sentence),
                refusing.userMustMend()
                        ? Conditions.stalled(Reason.AUTHORITY_REFUSES, sentence)
                        : Conditions.progressing(),
                interrupted(published));
        return new MeshTrustStatus(
                generation,
                Conditions.of(findings, generation, published.conditions(), now),
                published.rootSha256(),
                published.roots(),
                published.issuers(),
                published.epoch(),
                published.step(),
                published.lastRotation());
    }

    private static Finding interrupted(MeshTrustStatus published) {
        return published.step().equals(STABLE)
                ? Finding.no(Conditions.ROTATING, Reason.STABLE, "")
                : Finding.unknown(
                        Conditions.ROTATING,
                        Reason.AUTHORITY_REFUSES,
                        "The rotation was at " + published.step() + " and goes on from there once the CA is usable.");
    }

    private static List<TrustedCertificate> certificates(List<X509Certificate> certificates) {
        return certificates.stream()
                .map(certificate -> new TrustedCertificate(
                        Der.sha256(certificate),
                        certificate.getNotAfter().toInstant().toString()))
                .toList();
    }
}
