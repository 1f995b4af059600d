package dev.stockade.crds.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantitiesTest {
    @ParameterizedTest
    @CsvSource({"1, 1", "4Mi, 4194304", "512Ki, 524288", "1Gi, 1073741824", "5k, 5000", "2M, 2000000", "1G, 1000000000"
    })
    void sizesAreReadAsKubernetesReadsThem(String text, long count) {
        assertThat(Bytes.parse(text)).isEqualTo(new Bytes(count));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "4 Mi", "4mi", "1.5Gi", "4MiB", "Mi", "999999999999Gi", "1\n"})
    void whatIsNotASizeIsNamed(String text) {
        assertThatThrownBy(() -> Bytes.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'");
    }

    @ParameterizedTest
    @CsvSource({"30s, PT30S", "5m, PT5M", "1h30m, PT1H30M", "3650d, PT87600H", "1d12h, PT36H"})
    void durationsAreReadWithDaysOfTwentyFourHours(String text, Duration duration) {
        assertThat(Durations.parse(text)).isEqualTo(duration);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "m", "5 m", "-5m", "1.5h", "5ms", "PT5M", "5m\n"})
    void whatIsNotADurationIsNamed(String text) {
        assertThatThrownBy(() -> Durations.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'");
    }
}
