package dev.stockade.operator.authority;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.operator.authority.Minting.Signer;
import dev.stockade.operator.authority.Minting.Validity;
import dev.stockade.operator.authority.Rotation.Cause;
import dev.stockade.operator.authority.Rotation.Finished;
import dev.stockade.operator.authority.Rotation.Of;
import dev.stockade.operator.authority.Rotation.Step;
import dev.stockade.operator.authority.RotationPlan.Decision;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every write goes through the Secret's entries and is read back before the next decision, so each of these tests is one of a
 * restart at every step too.
 */
class RotationPlanTest {
    private static final Duration STEP = RotationPlan.SHORTEST_STEP;

    private Instant now = Instant.parse("2026-01-01T12:00:00Z");
    private Duration rootLifetime = Duration.ofDays(3650);
    private Duration issuerLifetime = Duration.ofDays(30);
    private String rotate = "";
    private ExternalAuthority external = new ExternalAuthority.None();
    private SigningMaterial material = SigningMaterial.selfMade(now, rootLifetime, issuerLifetime);
    private long shown = 1;
    private final Sidecars sidecars = new Sidecars();

    RotationPlanTest() throws Exception {}

    /** Who holds what up; everybody follows at once unless a test says otherwise. */
    private static final class Sidecars implements Census {
        final List<String> untrusting = new ArrayList<>();
        final List<String> uncertified = new ArrayList<>();

        @Override
        public List<String> notTrusting(long epoch) {
            return untrusting;
        }

        @Override
        public List<String> notCertifiedBy(X509Certificate issuer) {
            return uncertified;
        }
    }

    private Decision decide() throws Exception {
        return RotationPlan.decide(
                material,
                new TrustSettings(
                        "test.local",
                        rootLifetime,
                        issuerLifetime,
                        Optional.empty(),
                        rotate,
                        Optional.of(Der.sha256(material.roots().getFirst())),
                        shown),
                external,
                sidecars,
                now);
    }

    /** One decision, written, read back and shown in the status. */
    private RotationProgress tick() throws Exception {
        Decision decision = decide();
        if (decision.write().isPresent()) {
            material = CaEntries.read(CaEntries.write(decision.write().get()));
            shown = material.rotation().epoch();
        }
        return decision.progress();
    }

    private void pass(Duration time) {
        now = now.plus(time);
    }

    private String step() {
        return material.rotation().name();
    }

    /** Through the three steps to the end. */
    private void finish() throws Exception {
        for (int i = 0; i < 10 && material.rotation().step() != Step.STABLE; i++) {
            pass(STEP);
            tick();
        }
        assertThat(step()).isEqualTo("Stable");
    }

    private static Parent foreign(Instant now) throws Exception {
        return Parent.selfMade(Minting.root(Validity.of(now, Duration.ofDays(365))));
    }

    @Test
    void nothingHappensWhileNothingIsDue() throws Exception {
        pass(Duration.ofDays(19));
        Decision decision = decide();
        assertThat(decision.write()).isEmpty();
        assertThat(decision.progress()).isEqualTo(new RotationProgress.Quiet());
    }

    @Test
    void theIssuerIsRotatedAfterTwoThirdsOfItsLifeInThreeSteps() throws Exception {
        // Given
        Trust before = material.trust();
        X509Certificate old = before.issuers().getFirst();
        pass(Duration.ofDays(20));
        // When it is due, both are believed and the old one signs
        tick();
        assertThat(step()).isEqualTo("Issuer/TrustNew");
        X509Certificate young = material.trust().issuers().get(1);
        assertThat(material.trust()).isEqualTo(new Trust(before.roots(), List.of(old, young), 2));
        assertThat(material.issuer().certificate()).isEqualTo(old);
        // Then the new one signs and both are believed
        pass(STEP);
        tick();
        assertThat(step()).isEqualTo("Issuer/SignWithNew");
        assertThat(material.trust()).isEqualTo(new Trust(before.roots(), List.of(young, old), 3));
        assertThat(material.issuer().certificate()).isEqualTo(young);
        // Then only the new one
        pass(STEP);
        tick();
        assertThat(step()).isEqualTo("Issuer/DropOld");
        assertThat(material.trust()).isEqualTo(new Trust(before.roots(), List.of(young), 4));
        // Then it is over, and nobody has to believe anything else
        pass(STEP);
        tick();
        assertThat(step()).isEqualTo("Stable");
        assertThat(material.trust().epoch()).isEqualTo(4);
        assertThat(material.rotation().last().map(Finished::change).map(Rotation.Change::cause))
                .contains(Cause.LIFETIME);
        assertThat(decide().write()).isEmpty();
    }

    @Test
    void theRootIsRotatedToTheOneThatWasMadeInAdvanceAndBringsAnIssuerAlong() throws Exception {
        // Given
        X509Certificate old = material.roots().getFirst();
        X509Certificate oldIssuer = material.issuer().certificate();
        X509Certificate inAdvance = material.nextRoot().orElseThrow().certificate();
        assertThat(material.bootstrapRoots()).containsExactly(old, inAdvance);
        rotate = "root@today";
        // When
        tick();
        assertThat(step()).isEqualTo("Root/TrustNew");
        assertThat(material.roots()).containsExactly(old, inAdvance);
        assertThat(material.issuer().certificate()).isEqualTo(oldIssuer);
        pass(STEP);
        tick();
        assertThat(step()).isEqualTo("Root/SignWithNew");
        assertThat(material.roots()).containsExactly(inAdvance, old);
        material.issuer().certificate().verify(inAdvance.getPublicKey());
        X509Certificate following = material.nextRoot().orElseThrow().certificate();
        assertThat(material.bootstrapRoots()).containsExactly(inAdvance, old, following);
        pass(STEP);
        tick();
        assertThat(step()).isEqualTo("Root/DropOld");
        assertThat(material.roots()).containsExactly(inAdvance);
        assertThat(material.issuers()).containsExactly(material.issuer().certificate());
        finish();
        // Then
        assertThat(material.bootstrapRoots()).containsExactly(inAdvance, following);
        assertThat(material.rotation().last())
                .hasValueSatisfying(last -> assertThat(last.change().request()).isEqualTo("root@today"));
        assertThat(decide().write()).as("the request is not handled twice").isEmpty();
    }

    @Test
    void theOldKeysAreGoneFromTheSecretOnceTheOldOneIsDropped() throws Exception {
        String issuerKey = CaEntries.write(material).get("tls.key");
        String rootKey = CaEntries.write(material).get("root.key");
        rotate = "root";
        tick();
        finish();
        assertThat(CaEntries.write(material)).doesNotContainValue(issuerKey).doesNotContainValue(rootKey);
        assertThat(CaEntries.write(material)).doesNotContainKeys("next.crt", "next.key");
    }

    @Test
    void aRotatedRootIsRotatedAgainAfterTwoThirdsOfTheTimeSinceItBegan() throws Exception {
        rootLifetime = Duration.ofDays(300);
        issuerLifetime = Duration.ofDays(150);
        material = SigningMaterial.selfMade(now, rootLifetime, issuerLifetime);
        int rotations = 0;
        Instant begun = now;
        List<Long> daysBetween = new ArrayList<>();
        while (rotations < 4) {
            pass(Duration.ofHours(12));
            tick();
            if (material.rotation().change().filter(c -> c.of() == Of.ROOT).isPresent()) {
                assertThat(material.rotation().change().orElseThrow().cause()).isEqualTo(Cause.LIFETIME);
                daysBetween.add(Duration.between(begun, now).toDays());
                begun = now;
                rotations++;
            }
            if (material.rotation().step() != Step.STABLE) {
                finish();
            }
            assertThat(material.unusable(now)).isEmpty();
            assertThat(RotationPlan.lastPart(material, now, 10)).isFalse();
        }
        assertThat(daysBetween).allSatisfy(days -> assertThat(days).isBetween(199L, 202L));
    }

    @Test
    void aLifetimeThatIsShortenedCountsAtOnce() throws Exception {
        pass(Duration.ofDays(2));
        issuerLifetime = Duration.ofDays(1);
        tick();
        assertThat(step()).isEqualTo("Issuer/TrustNew");
        finish();
        assertThat(Duration.between(now, material.issuer().ends())).isLessThanOrEqualTo(Duration.ofDays(1));
    }

    @Test
    void aRootInAdvanceIsMadeAnewForAnotherLifetimeAndNobodyIsAskedToBelieveAnything() throws Exception {
        X509Certificate before = material.nextRoot().orElseThrow().certificate();
        rootLifetime = Duration.ofDays(2000);
        tick();
        assertThat(material.nextRoot().orElseThrow().certificate()).isNotEqualTo(before);
        assertThat(material.trust().epoch()).isEqualTo(1);
        assertThat(step()).isEqualTo("Stable");
        assertThat(decide().write()).isEmpty();
    }

    @Test
    void whatAnEarlierReleaseDidNotWriteIsAdded() throws Exception {
        var entries = CaEntries.write(material);
        entries.keySet().retainAll(List.of("tls.crt", "tls.key", "ca.crt", "root.key"));
        material = CaEntries.read(entries);
        shown = 0;
        tick();
        assertThat(material.whole()).isTrue();
        assertThat(material.nextRoot()).isPresent();
        assertThat(material.trust().epoch()).isEqualTo(1);
        assertThat(decide().write()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = Step.class,
            names = {"TRUST_NEW", "SIGN_WITH_NEW", "DROP_OLD"})
    void aStepWaitsForEverySidecarAndNamesIt(Step held) throws Exception {
        // Given
        rotate = "issuer";
        tick();
        while (material.rotation().step() != held) {
            pass(STEP);
            tick();
        }
        List<String> holding = held == Step.SIGN_WITH_NEW ? sidecars.uncertified : sidecars.untrusting;
        holding.add("pod agents/triage-1 has not acknowledged it");
        // When
        pass(Duration.ofHours(1));
        // Then
        assertThat(tick())
                .isEqualTo(new RotationProgress.Waiting(List.of("pod agents/triage-1 has not acknowledged it")));
        assertThat(material.rotation().step()).isEqualTo(held);
        // When it has, or its certificate has ended
        holding.clear();
        finish();
    }

    @ParameterizedTest
    @EnumSource(
            value = Step.class,
            names = {"TRUST_NEW", "SIGN_WITH_NEW", "DROP_OLD"})
    void aStepLastsLongEnoughForEveryReplicaAndUntilTheStatusShowsIt(Step held) throws Exception {
        rotate = "root";
        tick();
        while (material.rotation().step() != held) {
            pass(STEP);
            tick();
        }
        pass(STEP.minusMillis(1));
        assertThat(decide().write()).isEmpty();
        pass(STEP);
        shown--;
        assertThat(decide().write()).as("the status is behind").isEmpty();
        shown++;
        assertThat(decide().write()).isPresent();
    }

    @Test
    void noRotationBeginsBeforeTheStatusShowsTheLast() throws Exception {
        rotate = "issuer";
        shown = 0;
        assertThat(decide().write()).isEmpty();
    }

    @Test
    void oneThatRefusesIsNotWaitedForInTheLastTwentiethOfTheLifeThatItWouldEnd() throws Exception {
        pass(Duration.ofDays(20));
        tick();
        sidecars.untrusting.add("pod agents/stubborn refuses");
        pass(Duration.ofDays(8));
        assertThat(tick()).isInstanceOf(RotationProgress.Waiting.class);
        assertThat(RotationPlan.lastPart(material, now, 10)).as("overdue").isTrue();
        pass(Duration.ofHours(13));
        tick();
        assertThat(step()).isEqualTo("Issuer/SignWithNew");
    }

    @Test
    void anIssuerThatGrewOldWhileOthersWereWaitedForIsReplaced() throws Exception {
        issuerLifetime = Duration.ofDays(30);
        rotate = "issuer";
        tick();
        X509Certificate waiting = material.next().orElseThrow().certificate();
        sidecars.untrusting.add("pod agents/slow has not acknowledged it");
        pass(Duration.ofDays(20));
        tick();
        assertThat(step()).isEqualTo("Issuer/TrustNew");
        assertThat(material.next().orElseThrow().certificate()).isNotEqualTo(waiting);
        assertThat(material.issuers())
                .containsExactly(
                        material.issuer().certificate(),
                        material.next().orElseThrow().certificate());
        assertThat(material.trust().epoch()).isEqualTo(3);
    }

    @Test
    void aRequestDuringARotationWaitsUntilItIsOver() throws Exception {
        rotate = "issuer@1";
        tick();
        rotate = "root@2";
        pass(STEP);
        tick();
        assertThat(step()).isEqualTo("Issuer/SignWithNew");
        finish();
        tick();
        assertThat(step()).isEqualTo("Root/TrustNew");
    }

    @Test
    void aBadRequestChangesNothingAndIsSaid() throws Exception {
        rotate = "everything";
        assertThat(tick()).isInstanceOf(RotationProgress.BadRequest.class);
        assertThat(material.trust().epoch()).isEqualTo(1);
        // What is due is not held up by it
        pass(Duration.ofDays(20));
        tick();
        assertThat(step()).isEqualTo("Issuer/TrustNew");
    }

    @Test
    void anAnnotationThatWasTakenAwayMayAskForTheSameAgain() throws Exception {
        rotate = "issuer";
        tick();
        finish();
        rotate = "";
        tick();
        rotate = "issuer";
        tick();
        assertThat(step()).isEqualTo("Issuer/TrustNew");
    }

    @Test
    void anExistingCaIsTurnedToByARotationOfTheRootAndItsKeyIsNotCopied() throws Exception {
        // Given
        Parent ca = foreign(now);
        byte[] seed = material.seed().bytes();
        // When
        external = new ExternalAuthority.Usable(ca);
        tick();
        assertThat(step()).isEqualTo("Root/TrustNew");
        finish();
        // Then
        assertThat(material.roots()).containsExactly(ca.root());
        assertThat(material.root()).isEmpty();
        assertThat(material.nextRoot()).isEmpty();
        assertThat(CaEntries.write(material)).doesNotContainKeys("root.key", "next-root.key");
        assertThat(material.seed().bytes()).isEqualTo(seed);
        assertThat(decide().write()).isEmpty();
        // When it is given up again
        external = new ExternalAuthority.None();
        tick();
        assertThat(step()).isEqualTo("Root/TrustNew");
        finish();
        // Then the operator has a root of its own, and the next
        assertThat(material.root()).isPresent();
        assertThat(material.nextRoot()).isPresent();
        assertThat(material.roots()).doesNotContain(ca.root());
        assertThat(decide().write()).isEmpty();
    }

    @Test
    void aChangeOfTheExistingCaIsFollowed() throws Exception {
        Signer root = Minting.root(Validity.of(now, Duration.ofDays(3650)));
        Parent first = Parent.selfMade(root);
        material = SigningMaterial.below(first, now, issuerLifetime);
        external = new ExternalAuthority.Usable(first);
        assertThat(decide().write()).isEmpty();
        // When another intermediate below the same root signs
        Signer intermediate = intermediate(root);
        external = new ExternalAuthority.Usable(new Parent(intermediate, List.of(), root.certificate()));
        tick();
        assertThat(step()).isEqualTo("Issuer/TrustNew");
        finish();
        assertThat(material.issuer().chain())
                .containsExactly(material.issuer().certificate(), intermediate.certificate());
        // When it is another root
        external = new ExternalAuthority.Usable(foreign(now));
        tick();
        assertThat(step()).isEqualTo("Root/TrustNew");
        assertThat(material.rotation().change().orElseThrow().cause()).isEqualTo(Cause.AUTHORITY);
        finish();
    }

    private Signer intermediate(Signer root) throws Exception {
        return Minting.issuer(root, Validity.of(now, Duration.ofDays(365)));
    }

    @Test
    void anExistingCaThatIsRefusedKeepsWhatThereWas() throws Exception {
        Parent ca = foreign(now);
        material = SigningMaterial.below(ca, now, issuerLifetime);
        external = new ExternalAuthority.Refused("Secret stockade-system/my-ca: its tls.crt is no CA certificate.");
        pass(Duration.ofDays(25));
        assertThat(tick()).isInstanceOf(RotationProgress.AuthorityRefused.class);
        assertThat(material.trust().epoch()).isEqualTo(1);
        // A request cannot be met, and says why
        rotate = "issuer";
        assertThat(tick())
                .isInstanceOfSatisfying(
                        RotationProgress.BadRequest.class,
                        bad -> assertThat(bad.sentence()).contains("cannot be made now", "is no CA certificate"));
    }

    @Test
    void theRootOfAnExistingCaIsNotOursToRotate() throws Exception {
        Parent ca = foreign(now);
        material = SigningMaterial.below(ca, now, issuerLifetime);
        external = new ExternalAuthority.Usable(ca);
        rotate = "root";
        assertThat(tick())
                .isInstanceOfSatisfying(
                        RotationProgress.BadRequest.class,
                        bad -> assertThat(bad.sentence()).contains("the root is that of spec.caSecretRef"));
        assertThat(material.trust().epoch()).isEqualTo(1);
    }

    @Test
    void anIssuerThatCouldNotLiveLongerIsNotRotated() throws Exception {
        // Given a CA that ends with the issuer
        Parent ca = Parent.selfMade(Minting.root(Validity.of(now, Duration.ofDays(20))));
        material = SigningMaterial.below(ca, now, issuerLifetime);
        external = new ExternalAuthority.Usable(ca);
        pass(Duration.ofDays(19));
        assertThat(decide().write()).isEmpty();
        assertThat(RotationPlan.lastPart(material, now, 10)).as("overdue").isTrue();
    }

    @Test
    void anIssuerThatHasEndedIsStillReplaced() throws Exception {
        pass(Duration.ofDays(40));
        assertThat(material.unusable(now)).isPresent();
        tick();
        finish();
        assertThat(material.unusable(now)).isEmpty();
    }
}
