package dev.stockade.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TenureTest {
    private static final Instant ELECTED = Instant.parse("2026-01-01T10:00:00Z");
    private static final Instant COLLECTING = ELECTED.minusSeconds(5);

    private final Tenure tenure = new Tenure();

    @BeforeEach
    void elect() {
        tenure.begin(ELECTED);
    }

    private boolean settlesAt(long second) {
        return tenure.settling(COLLECTING, ELECTED.plusSeconds(second)).lasts();
    }

    private void arriveAt(long second) {
        tenure.arrived(ELECTED.plusSeconds(second));
    }

    @Test
    void itLastsThirtySecondsWhereNobodyComes() {
        assertThat(settlesAt(29)).isTrue();
        assertThat(settlesAt(30)).isFalse();
    }

    @Test
    void whoComesEarlyMakesItNoLonger() {
        arriveAt(0);
        arriveAt(20);

        assertThat(settlesAt(29)).isTrue();
        assertThat(settlesAt(30)).isFalse();
    }

    @Test
    void whileOneAfterTheOtherComesItGoesOn() {
        for (int second = 0; second <= 60; second += 5) {
            arriveAt(second);
        }

        assertThat(settlesAt(69)).isTrue();
        assertThat(settlesAt(70)).isFalse();
    }

    @Test
    void whoComesAfterItWasOverDoesNotBeginItAnew() {
        arriveAt(30);
        arriveAt(31);

        assertThat(settlesAt(32)).isFalse();
    }

    @Test
    void itEndsAfterThreeMinutesHoweverManyStillCome() {
        for (int second = 0; second <= 600; second++) {
            arriveAt(second);
        }

        assertThat(settlesAt(179)).isTrue();
        assertThat(settlesAt(180)).isFalse();
    }

    @Test
    void whoCameBeforeTheElectionMakesItNoLonger() {
        Tenure later = new Tenure();
        later.arrived(ELECTED.minusSeconds(1));
        later.begin(ELECTED);

        assertThat(later.settling(COLLECTING, ELECTED.plusSeconds(30)).lasts()).isFalse();
    }

    /** A replica that never stood for election, as tests make it. */
    @Test
    void withoutAnElectionItCountsFromTheFirstReport() {
        Tenure never = new Tenure();

        assertThat(never.settling(COLLECTING, COLLECTING.plusSeconds(29)).lasts())
                .isTrue();
        assertThat(never.settling(COLLECTING, COLLECTING.plusSeconds(30)).lasts())
                .isFalse();
    }
}
