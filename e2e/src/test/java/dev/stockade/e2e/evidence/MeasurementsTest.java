package dev.stockade.e2e.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.e2e.evidence.Measurements.Row;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MeasurementsTest {

    @ParameterizedTest
    @CsvSource({"0, 0 µs", "9999, 9999 µs", "10000, 10 ms", "9999999, 9999 ms", "12340000, 12.3 s"})
    void writesADurationInTheUnitThatAPersonReads(long micros, String expected) {
        assertThat(Measurements.human(Duration.ofNanos(micros * 1000))).isEqualTo(expected);
    }

    @Test
    void printsWhatWasMeasuredAndNothingElse() {
        var measurements = new Measurements();
        measurements.describe("a cluster");
        measurements.record(Row.CLUSTER_UP, Duration.ofSeconds(11));
        var out = new ByteArrayOutputStream();

        measurements.print(new PrintStream(out, true, StandardCharsets.UTF_8));

        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("Measured on a cluster")
                .containsPattern("cluster up +11.0 s")
                .doesNotContain("policy edit");
    }
}
