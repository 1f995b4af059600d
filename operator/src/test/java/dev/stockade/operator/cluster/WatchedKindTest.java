package dev.stockade.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WatchedKindTest {
    @ParameterizedTest
    @CsvSource({"0, 8", "800, 8", "2000, 20", "3000, 30", "100000, 30"})
    void theMoreThereIsTheLessOftenItIsListed(int objects, int seconds) {
        assertThat(WatchedKind.quiet(objects)).isEqualTo(Duration.ofSeconds(seconds));
    }
}
