package dev.stockade.operator.attestation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.operator.MovingClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RequestRateTest {
    private final MovingClock clock = new MovingClock();
    private final RequestRate rate = new RequestRate(60, clock);

    private int admitted(String key, int asked) {
        int count = 0;
        for (int i = 0; i < asked; i++) {
            count += rate.admits(key) ? 1 : 0;
        }
        return count;
    }

    @Test
    void aMinutesWorthMayComeAtOnceAndNoMore() {
        assertThat(admitted("pod", 100)).isEqualTo(60);
    }

    @Test
    void whatWasSpentComesBackWithTime() {
        admitted("pod", 100);
        clock.advance(Duration.ofSeconds(10));
        assertThat(admitted("pod", 100)).isEqualTo(10);
    }

    @Test
    void onePodDoesNotSpendWhatIsAnothers() {
        admitted("pod", 100);
        assertThat(admitted("other", 1)).isOne();
    }
}
