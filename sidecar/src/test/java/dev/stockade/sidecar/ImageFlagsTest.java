package dev.stockade.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.sidecar.fixture.OpenSsl;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the images start Java: nothing that the process holds in memory, and so no key, may be written down or read out. */
class ImageFlagsTest {
    private static final Pattern ENTRY = Pattern.compile("<entry>(-X[^<]*)</entry>");

    @ParameterizedTest
    @ValueSource(strings = {"pom.xml", "../operator/pom.xml"})
    void memoryIsNeverDumpedAndNobodyAttaches(String pom) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ENTRY.matcher(Files.readString(Path.of(pom)))
                .results()
                .map((MatchResult entry) -> entry.group(1))
                .forEach(command::add);
        command.addAll(List.of("-XX:+PrintFlagsFinal", "-version"));

        String printed = OpenSsl.run(command, out -> false, new byte[0]);

        assertThat(printed)
                .containsPattern("bool CreateCoredumpOnCrash += false")
                .containsPattern("bool HeapDumpOnOutOfMemoryError += false")
                .containsPattern("bool HeapDumpBeforeFullGC += false")
                .containsPattern("bool HeapDumpAfterFullGC += false")
                .containsPattern("bool DisableAttachMechanism += true")
                .containsPattern("bool ErrorFileToStderr += true")
                .containsPattern("bool UsePerfData += false");
    }
}
