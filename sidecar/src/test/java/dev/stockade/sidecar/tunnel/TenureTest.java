package dev.stockade.sidecar.tunnel;

import static dev.stockade.sidecar.tunnel.Tenure.Verdict.CUT;
import static dev.stockade.sidecar.tunnel.Tenure.Verdict.KEEP;
import static dev.stockade.sidecar.tunnel.Tenure.Verdict.RETIRE;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TenureTest {
    private static final Instant OPENED = Instant.parse("2026-01-01T00:00:00Z");
    private static final Instant ENDS = OPENED.plus(Duration.ofMinutes(40));
    private static final Optional<Instant> TRUSTED = Optional.empty();

    private final Tenure tenure = new Tenure(OPENED, ENDS);

    /** Nothing has changed, and the rules were confirmed a moment ago. */
    private static Standing good(Instant now) {
        return new Standing(false, true, true, true, now.minusSeconds(5));
    }

    /** As after each side's renewal. */
    private static Standing renewed(Instant now) {
        return new Standing(true, true, true, true, now.minusSeconds(5));
    }

    private static Instant minutes(long after) {
        return OPENED.plus(Duration.ofMinutes(after));
    }

    @Test
    void itIsUsedUntilHalfOfWhatWasLeftIsOver() {
        assertThat(tenure.at(OPENED, good(OPENED), TRUSTED)).isEqualTo(KEEP);
        assertThat(tenure.at(minutes(20).minusMillis(1), good(minutes(20)), TRUSTED))
                .isEqualTo(KEEP);
        assertThat(tenure.at(minutes(20), good(minutes(20)), TRUSTED)).isEqualTo(RETIRE);
    }

    @Test
    void itIsRetiredAsSoonAsTheOwnCertificateIsRenewed() {
        assertThat(tenure.at(minutes(1), renewed(minutes(1)), TRUSTED)).isEqualTo(RETIRE);
    }

    @Test
    void beforeTheEndNoProofIsAsked() {
        Instant now = ENDS.minusMillis(1);

        assertThat(tenure.at(now, new Standing(true, false, true, false, Instant.MIN), TRUSTED))
                .isEqualTo(RETIRE);
    }

    @Test
    void openStreamsOutliveTheCertificatesWhileEverythingHolds() {
        for (Instant now = ENDS;
                now.isBefore(ENDS.plus(Duration.ofHours(24)));
                now = now.plus(Duration.ofMinutes(30))) {
            assertThat(tenure.at(now, renewed(now), TRUSTED)).isEqualTo(RETIRE);
        }
    }

    @Test
    void atTheEndItIsCutWithoutAnOwnCertificate() {
        assertThat(tenure.at(ENDS, new Standing(true, false, true, true, ENDS), TRUSTED))
                .isEqualTo(CUT);
    }

    @Test
    void atTheEndItIsCutWhereTheRulesNoLongerBringBothTogether() {
        assertThat(tenure.at(ENDS, new Standing(true, true, true, false, ENDS), TRUSTED))
                .isEqualTo(CUT);
    }

    @Test
    void afterTheEndItIsCutOnceTheRulesAreUnconfirmedForTwoMinutes() {
        Instant confirmed = ENDS.plusSeconds(600);

        assertThat(tenure.at(
                        confirmed.plus(Duration.ofMinutes(2)),
                        new Standing(true, true, true, true, confirmed),
                        TRUSTED))
                .isEqualTo(RETIRE);
        assertThat(tenure.at(
                        confirmed.plus(Duration.ofMinutes(2)).plusMillis(1),
                        new Standing(true, true, true, true, confirmed),
                        TRUSTED))
                .isEqualTo(CUT);
    }

    @Test
    void aDayAfterTheEndItIsCutWhateverHolds() {
        Instant now = ENDS.plus(Duration.ofHours(24));

        assertThat(tenure.at(now, renewed(now), TRUSTED)).isEqualTo(CUT);
    }

    @Test
    void aDroppedIssuersPeerIsRetiredAtOnceAndCutFiveMinutesLater() {
        Instant dropped = minutes(1);
        Standing standing = new Standing(false, true, false, true, minutes(6));

        assertThat(tenure.at(dropped, standing, Optional.of(dropped))).isEqualTo(RETIRE);
        assertThat(tenure.at(minutes(6).minusMillis(1), standing, Optional.of(dropped)))
                .isEqualTo(RETIRE);
        assertThat(tenure.at(minutes(6), standing, Optional.of(dropped))).isEqualTo(CUT);
    }

    @Test
    void aConnectionThatWasOpenedAtTheVeryEndIsNotUsed() {
        Tenure late = new Tenure(ENDS, ENDS);

        assertThat(late.at(ENDS, good(ENDS), TRUSTED)).isEqualTo(RETIRE);
        assertThat(new Tenure(ENDS.plusSeconds(1), ENDS).at(ENDS.plusSeconds(1), good(ENDS.plusSeconds(1)), TRUSTED))
                .isEqualTo(RETIRE);
    }

    @Test
    void itIsLookedAtWhenTimeMayChangeTheVerdictAndEachHalfMinute() {
        assertThat(tenure.untilNextLook(OPENED, TRUSTED)).isEqualTo(Duration.ofSeconds(30));
        assertThat(tenure.untilNextLook(minutes(20).minusSeconds(7), TRUSTED)).isEqualTo(Duration.ofSeconds(7));
        assertThat(tenure.untilNextLook(minutes(20), TRUSTED)).isEqualTo(Duration.ofSeconds(30));
        assertThat(tenure.untilNextLook(ENDS.minusSeconds(3), TRUSTED)).isEqualTo(Duration.ofSeconds(3));
        assertThat(tenure.untilNextLook(ENDS.plusSeconds(3), TRUSTED)).isEqualTo(Duration.ofSeconds(30));
        assertThat(tenure.untilNextLook(minutes(6).minusSeconds(2), Optional.of(minutes(1))))
                .isEqualTo(Duration.ofSeconds(2));
    }
}
