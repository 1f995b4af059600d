package dev.stockade.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RefusalsRecordedTest {
    private final MovableClock clock = new MovableClock();
    private final RefusalsRecorded<String> refusals = new RefusalsRecorded<>(clock, 20);

    @Test
    void aFloodIsRecordedUpToTheBoundOfEachSecond() {
        assertThat(admitted("a", 1000)).isEqualTo(20);

        clock.now = clock.now.plusSeconds(1);

        assertThat(admitted("a", 1000)).isEqualTo(20);
    }

    @Test
    void whoFloodsTakesNothingFromTheOthers() {
        admitted("a", 1000);

        assertThat(admitted("b", 3)).isEqualTo(3);
    }

    private long admitted(String of, int attempts) {
        return IntStream.range(0, attempts).filter(i -> refusals.admit(of)).count();
    }

    private static final class MovableClock extends Clock {
        private Instant now = Instant.parse("2026-01-01T00:00:00Z");

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneOffset getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
