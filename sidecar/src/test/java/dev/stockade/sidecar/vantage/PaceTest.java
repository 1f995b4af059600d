package dev.stockade.sidecar.vantage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PaceTest {
    /** What the kernel counts from may be anything, and its count runs over. */
    private final long begin = nearTheEnd();

    private final Pace pace = new Pace(100, begin);

    private static long nearTheEnd() {
        return Long.MAX_VALUE - 150;
    }

    @Test
    void whatComesAtOnceIsSpread() {
        assertThat(pace.delay(begin)).isZero();
        assertThat(pace.delay(begin)).isEqualTo(100);
        assertThat(pace.delay(begin + 10)).isEqualTo(190);
    }

    @Test
    void whatComesLateWaitsForNothingAndSavesNothingUp() {
        pace.delay(begin);

        assertThat(pace.delay(begin + 5_000)).isZero();
        assertThat(pace.delay(begin + 5_000)).isEqualTo(100);
    }
}
