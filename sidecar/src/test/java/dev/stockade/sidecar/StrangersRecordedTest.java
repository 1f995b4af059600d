package dev.stockade.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StrangersRecordedTest {
    private final MovableClock clock = new MovableClock();
    private final StrangersRecorded strangers = new StrangersRecorded(clock);

    @Test
    void aFloodOfStrangersIsRecordedUpToTheBoundOfEachSecond() {
        assertThat(admitted(1000)).isEqualTo(StrangersRecorded.MOST);

        clock.now = clock.now.plusSeconds(1);

        assertThat(admitted(1000)).isEqualTo(StrangersRecorded.MOST);
    }

    private long admitted(int attempts) {
        return IntStream.range(0, attempts).filter(i -> strangers.admit()).count();
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
