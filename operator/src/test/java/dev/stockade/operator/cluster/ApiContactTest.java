package dev.stockade.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ApiContactTest {
    private static final Instant CONFIRMED = Instant.parse("2026-11-26T12:00:00Z");

    private static ApiContact after(Duration silence) {
        return ApiContact.of(Optional.of(CONFIRMED), CONFIRMED.plus(silence));
    }

    @Test
    void aReplicaFirstSaysThatItIsNotReadyAndThenSendsItsSidecarsAway() {
        assertThat(after(Duration.ZERO)).isEqualTo(ApiContact.CURRENT);
        assertThat(after(ApiContact.READY)).isEqualTo(ApiContact.CURRENT);
        assertThat(after(ApiContact.READY.plusMillis(1))).isEqualTo(ApiContact.LOST);
        assertThat(after(ApiContact.KEPT)).isEqualTo(ApiContact.LOST);
        assertThat(after(ApiContact.KEPT.plusMillis(1))).isEqualTo(ApiContact.ABANDONED);
    }

    @Test
    void cachesThatAreStillBeingFilledAreNoLoss() {
        assertThat(ApiContact.of(Optional.empty(), CONFIRMED)).isEqualTo(ApiContact.CURRENT);
    }
}
