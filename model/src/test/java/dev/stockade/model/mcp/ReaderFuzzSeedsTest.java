package dev.stockade.model.mcp;

import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the fuzzer starts from, and what it once found, holds in every build. */
class ReaderFuzzSeedsTest {
    static List<Path> seeds() throws IOException {
        try (Stream<Path> files = Files.list(ReaderFuzzIT.SEEDS)) {
            return files.sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aSeedHolds(Path seed) throws IOException {
        byte[] bytes = Files.readAllBytes(seed);

        assertThatCode(() -> ReaderFuzz.fuzzerTestOneInput(bytes)).doesNotThrowAnyException();
    }

    @Test
    void seedsWithBrokenBytesHold() throws IOException {
        Random random = new Random(17);
        for (Path seed : seeds()) {
            byte[] honest = Files.readAllBytes(seed);
            for (int i = 0; i < 300; i++) {
                byte[] bytes = honest.clone();
                for (int j = random.nextInt(4); j >= 0; j--) {
                    bytes[random.nextInt(bytes.length)] = honest[random.nextInt(bytes.length)];
                }
                ReaderFuzz.fuzzerTestOneInput(bytes);
            }
        }
    }
}
