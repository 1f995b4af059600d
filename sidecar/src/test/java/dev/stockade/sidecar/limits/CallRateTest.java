package dev.stockade.sidecar.limits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class CallRateTest {
    private static final SpiffeId ONE = new SpiffeId("test.local", "agents", WorkloadKind.AGENT, "one");
    private static final SpiffeId OTHER = new SpiffeId("test.local", "agents", WorkloadKind.AGENT, "other");

    private long now = Duration.ofDays(1).toNanos();
    private int perMinute = 60;
    private final CallRate rate = new CallRate(() -> perMinute, () -> now);

    private void pass(Duration time) {
        now += time.toNanos();
    }

    private int inARow() {
        int calls = 0;
        while (rate.take(ONE) == 0) {
            calls++;
        }
        return calls;
    }

    @Test
    void aMinutesCallsMayComeAtOnceAndThenOneByOne() {
        assertThat(inARow()).isEqualTo(60);
        assertThat(rate.take(ONE)).as("seconds to wait").isEqualTo(1);

        pass(Duration.ofSeconds(1));

        assertThat(inARow()).isEqualTo(1);
    }

    @Test
    void noMoreThanAMinutesCallsAreSavedUp() {
        inARow();
        pass(Duration.ofHours(1));

        assertThat(inARow()).isEqualTo(60);
    }

    @Test
    void eachAgentHasItsOwn() {
        inARow();

        assertThat(rate.take(OTHER)).isZero();
    }

    @Test
    void theTimeToWaitIsThatUntilTheNextCall() {
        perMinute = 2;
        inARow();

        assertThat(rate.take(ONE)).isEqualTo(30);
        pass(Duration.ofSeconds(10));
        assertThat(rate.take(ONE)).isEqualTo(20);
        pass(Duration.ofSeconds(20));
        assertThat(rate.take(ONE)).isZero();
    }

    @Test
    void anotherRateHoldsFromTheNextCallOn() {
        inARow();
        perMinute = 600;
        pass(Duration.ofSeconds(1));

        assertThat(inARow()).isEqualTo(10);
    }
}
