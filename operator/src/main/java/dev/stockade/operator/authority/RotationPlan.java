package dev.stockade.operator.authority;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.authority.Minting.Signer;
import dev.stockade.operator.authority.Rotation.Cause;
import dev.stockade.operator.authority.Rotation.Change;
import dev.stockade.operator.authority.Rotation.Of;
import dev.stockade.operator.authority.Rotation.Step;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is to be done next, from what is so now. No I/O and no clock; new keys come from the system's random numbers.
 *
 * <p>Two bounds keep one sidecar from ending the mesh: a lost one leaves the census when its certificate has ended, and one
 * that is there and refuses is not waited for any longer once the certificate in use is in the last twentieth of its life.
 */
final class RotationPlan {
    /** How long a step lasts at least: every replica of the operator has to have seen it. */
    static final Duration SHORTEST_STEP = Duration.ofSeconds(5);

    private static final int FORCED_SHARE = 20;

    private final SigningMaterial material;
    private final TrustSettings settings;
    private final ExternalAuthority external;
    private final Census census;
    private final Instant now;

    private RotationPlan(
            SigningMaterial material, TrustSettings settings, ExternalAuthority external, Census census, Instant now) {
        this.material = requireNonNull(material);
        this.settings = requireNonNull(settings);
        this.external = requireNonNull(external);
        this.census = requireNonNull(census);
        this.now = requireNonNull(now);
    }

    /** @param write what the Secret is to hold next; empty if it stays as it is */
    record Decision(Optional<SigningMaterial> write, RotationProgress progress) {
        static Decision write(SigningMaterial next) {
            return new Decision(Optional.of(next), new RotationProgress.Quiet());
        }

        static Decision stay(RotationProgress progress) {
            return new Decision(Optional.empty(), progress);
        }
    }

    /** @throws GeneralSecurityException if the parent cannot sign the issuer that is due */
    static Decision decide(
            SigningMaterial material, TrustSettings settings, ExternalAuthority external, Census census, Instant now)
            throws GeneralSecurityException {
        RotationPlan plan = new RotationPlan(material, settings, external, census, now);
        return material.rotation().step() == Step.STABLE ? plan.begin() : plan.goOn();
    }

    private Decision begin() throws GeneralSecurityException {
        if (settings.namedEpoch() < material.rotation().epoch()) {
            return tidy(new RotationProgress.Quiet());
        }
        Optional<Decision> other = toAnotherAuthority();
        if (other.isPresent()) {
            return other.get();
        }
        RotationProgress progress = external instanceof ExternalAuthority.Refused(String sentence)
                ? new RotationProgress.AuthorityRefused(sentence)
                : new RotationProgress.Quiet();
        RotationRequest request =
                RotationRequest.read(settings.rotate(), material.rotation().handled());
        Optional<Parent> parent = parent();
        if (request instanceof RotationRequest.For(Of of, String value)) {
            Optional<String> impossible = impossible(of, parent);
            if (impossible.isEmpty()) {
                return start(of, Cause.REQUEST, value, parent.orElseThrow());
            }
            progress = new RotationProgress.BadRequest(impossible.get());
        } else if (request instanceof RotationRequest.Bad(String sentence)) {
            progress = new RotationProgress.BadRequest(sentence);
        }
        if (parent.isPresent() && rootDue()) {
            return start(Of.ROOT, Cause.LIFETIME, "", parent.get());
        }
        if (parent.isPresent() && issuerDue(parent.get())) {
            return start(Of.ISSUER, Cause.LIFETIME, "", parent.get());
        }
        return tidy(progress);
    }

    /** To the CA that is named now, or back to one of our own. */
    private Optional<Decision> toAnotherAuthority() throws GeneralSecurityException {
        return switch (external) {
            case ExternalAuthority.None _
            when material.root().isEmpty() -> {
                Signer root = SigningMaterial.rootInAdvance(now, settings.rootLifetime());
                yield Optional.of(
                        begin(Parent.selfMade(root), Optional.of(root), new Change(Of.ROOT, Cause.AUTHORITY, "", now)));
            }
            case ExternalAuthority.Usable(Parent parent)
            when !parent.isAbove(material.issuer()) -> {
                Of of = parent.root().equals(material.roots().getFirst()) ? Of.ISSUER : Of.ROOT;
                yield Optional.of(begin(parent, Optional.empty(), new Change(of, Cause.AUTHORITY, "", now)));
            }
            default -> Optional.empty();
        };
    }

    /** Who can sign an issuer now; empty if that is a CA of others, which is refused at the moment. */
    private Optional<Parent> parent() {
        if (external instanceof ExternalAuthority.Usable(Parent parent)) {
            return Optional.of(parent);
        }
        return material.root().map(Parent::selfMade);
    }

    private Optional<String> impossible(Of of, Optional<Parent> parent) {
        if (of == Of.ROOT && material.root().isEmpty()) {
            return Optional.of(
                    "The annotation " + TrustSettings.ROTATE + " asks for another root, but the root is that of"
                            + " spec.caSecretRef. Renew it there; the operator follows.");
        }
        if (parent.isEmpty()) {
            String why = external instanceof ExternalAuthority.Refused(String sentence) ? sentence : "There is no CA.";
            return Optional.of("The annotation " + TrustSettings.ROTATE
                    + " asks for another issuer, which cannot be made now. " + why);
        }
        return Optional.empty();
    }

    private boolean rootDue() {
        if (material.root().isEmpty()) {
            return false;
        }
        Instant since = material.rotation().rootSince();
        return due(since, material.roots().getFirst().getNotAfter().toInstant(), settings.rootLifetime());
    }

    /** Only where the next would live longer: below a parent that is about to end it would not. */
    private boolean issuerDue(Parent parent) {
        Issuer issuer = material.issuer();
        return due(issuer.made(), issuer.ends(), settings.issuerLifetime())
                && (parent.ends().isAfter(issuer.ends()) || wanted().isBefore(issuer.ends()));
    }

    private Instant wanted() {
        return now.plus(settings.issuerLifetime());
    }

    /** Whether two thirds are over: of the life that it has, or of the one that is wanted now, if that is shorter. */
    private boolean due(Instant since, Instant ends, Duration lifetime) {
        Duration has = Duration.between(since, ends);
        Duration life = has.compareTo(lifetime) < 0 ? has : lifetime;
        return !now.isBefore(since.plus(life.multipliedBy(2).dividedBy(3)));
    }

    private Decision start(Of of, Cause cause, String request, Parent parent) throws GeneralSecurityException {
        Change change = new Change(of, cause, request, now);
        if (of == Of.ISSUER) {
            return begin(parent, Optional.empty(), change);
        }
        Signer root = material.nextRoot().filter(this::fits).orElse(null);
        if (root == null) {
            root = SigningMaterial.rootInAdvance(now, settings.rootLifetime());
        }
        return begin(Parent.selfMade(root), Optional.of(root), change);
    }

    private Decision begin(Parent parent, Optional<Signer> root, Change change) throws GeneralSecurityException {
        Issuer issuer = parent.newIssuer(now, settings.issuerLifetime());
        return Decision.write(material.trustNew(issuer, root, change));
    }

    /** Whether a root in advance was made for the lifetime that is wanted now, and still has one. */
    private boolean fits(Signer root) {
        Instant made = Minting.made(root.certificate());
        Instant ends = root.certificate().getNotAfter().toInstant();
        Duration differs = Duration.between(made, ends)
                .minus(SigningMaterial.lifetimeInAdvance(settings.rootLifetime()))
                .abs();
        // Certificates count in whole seconds.
        return differs.compareTo(Duration.ofSeconds(5)) <= 0
                && now.plus(settings.rootLifetime().dividedBy(2)).isBefore(ends);
    }

    /** Writes what is missing, which changes nothing for anybody. */
    private Decision tidy(RotationProgress progress) throws GeneralSecurityException {
        Rotation rotation = material.rotation();
        boolean forget = settings.rotate().isEmpty() && !rotation.handled().isEmpty();
        boolean unfit = material.root().isPresent()
                && material.nextRoot().filter(this::fits).isEmpty();
        if (material.whole() && !forget && !unfit) {
            return Decision.stay(progress);
        }
        Optional<Signer> inAdvance =
                unfit ? Optional.of(SigningMaterial.rootInAdvance(now, settings.rootLifetime())) : material.nextRoot();
        return new Decision(Optional.of(material.with(forget ? rotation.handled("") : rotation, inAdvance)), progress);
    }

    private Decision goOn() throws GeneralSecurityException {
        Rotation rotation = material.rotation();
        if (settings.namedEpoch() < rotation.epoch()) {
            return wait("MeshTrust default does not show this step yet");
        }
        if (now.isBefore(rotation.since().plus(SHORTEST_STEP))) {
            return wait("every replica of the operator is given five seconds to follow");
        }
        List<String> holding = switch (rotation.step()) {
            case TRUST_NEW, DROP_OLD -> census.notTrusting(rotation.epoch());
            case SIGN_WITH_NEW -> census.notCertifiedBy(material.issuer().certificate());
            case STABLE -> List.of();
        };
        if (!holding.isEmpty() && !forced()) {
            Optional<Decision> renewed = renewWaiting();
            return renewed.isPresent() ? renewed.get() : Decision.stay(new RotationProgress.Waiting(holding));
        }
        return Decision.write(
                switch (rotation.step()) {
                    case TRUST_NEW ->
                        material.signWithNew(SigningMaterial.rootInAdvance(now, settings.rootLifetime()), now);
                    case SIGN_WITH_NEW -> material.dropOld(now);
                    case DROP_OLD -> material.stable(now);
                    case STABLE -> throw new IllegalStateException("nothing is being rotated");
                });
    }

    private static Decision wait(String why) {
        return Decision.stay(new RotationProgress.Waiting(List.of(why)));
    }

    /** An issuer that grew old before it signed anything is replaced, as long as its parent is at hand. */
    private Optional<Decision> renewWaiting() throws GeneralSecurityException {
        Issuer next = material.next().orElse(null);
        if (next == null || !due(next.made(), next.ends(), settings.issuerLifetime())) {
            return Optional.empty();
        }
        Optional<Parent> parent = Stream.of(
                        material.nextRoot().map(Parent::selfMade),
                        material.root().map(Parent::selfMade),
                        parent())
                .flatMap(Optional::stream)
                .filter(candidate -> candidate.isAbove(next))
                .findFirst();
        if (parent.isEmpty() || !parent.get().ends().isAfter(next.ends())) {
            return Optional.empty();
        }
        return Optional.of(
                Decision.write(material.trustAnother(parent.get().newIssuer(now, settings.issuerLifetime()), now)));
    }

    private boolean forced() {
        return lastPart(material, now, FORCED_SHARE);
    }

    /** Whether the issuer in use, or a self-made root in use, is in the last part of its life. */
    static boolean lastPart(SigningMaterial material, Instant now, int parts) {
        Issuer issuer = material.issuer();
        return lastPart(issuer.made(), issuer.ends(), now, parts)
                || (material.root().isPresent()
                        && lastPart(
                                material.rotation().rootSince(),
                                material.roots().getFirst().getNotAfter().toInstant(),
                                now,
                                parts));
    }

    private static boolean lastPart(Instant since, Instant ends, Instant now, int parts) {
        return now.isAfter(ends.minus(Duration.between(since, ends).dividedBy(parts)));
    }
}
