package dev.stockade.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.cli.ExitCodes;
import dev.stockade.cli.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditVerifyCommandTest {
    @TempDir
    private Path folder;

    private List<String> log = List.of();

    @BeforeEach
    void log() throws IOException {
        log = Files.readAllLines(Path.of("..", "samples", "policies", "audit.log"));
    }

    private Run verify(List<String> lines, String... more) {
        List<String> arguments = new ArrayList<>(List.of("audit", "verify"));
        arguments.addAll(List.of(more));
        return Run.with(String.join("\n", lines) + "\n", folder, arguments.toArray(String[]::new));
    }

    private List<String> without(int line) {
        List<String> cut = new ArrayList<>(log);
        cut.remove(line);
        return cut;
    }

    @Test
    void anUnbrokenLogIsYes() {
        Run run = verify(log);

        assertThat(run.out()).endsWith("unbroken: 5 audit lines of 1 process, 0 faults\n");
        assertThat(run.code()).isEqualTo(ExitCodes.YES);
    }

    @Test
    void aFileIsReadAsWell() throws IOException {
        Files.write(folder.resolve("a.log"), without(3));

        Run run = Run.in(folder, "audit", "verify", "a.log");

        assertThat(run.out()).contains("a.log:4: number 3 is missing between line 3 (number 2) and line 4\n");
        assertThat(run.code()).isEqualTo(ExitCodes.NO);
    }

    @Test
    void prefixesOfKubectlAreNoHindrance() {
        List<String> prefixed = log.stream()
                .map(line -> "[pod/github-0/stockade-sidecar] 2026-11-26T09:14:03.9Z " + line)
                .toList();

        Run run = verify(prefixed);

        assertThat(run.out()).contains("([pod/github-0/stockade-sidecar] 2026-11-26T09:14:03.9Z)");
        assertThat(run.code()).isEqualTo(ExitCodes.YES);
    }

    @Test
    void aLogThatBeginsLateIsWholeUnlessItsStartIsDemanded() {
        List<String> late = log.subList(3, log.size());

        assertThat(verify(late).out()).contains("; what is before number 3 is not in this log");
        assertThat(verify(late).code()).isEqualTo(ExitCodes.YES);
        assertThat(verify(late, "--from-start").code()).isEqualTo(ExitCodes.NO);
        assertThat(verify(log, "--from-start").code()).isEqualTo(ExitCodes.YES);
    }

    /** An empty stream must not pass for a log that nobody touched. */
    @Test
    void aLogWithoutAuditLinesIsUnusable() {
        Run run = verify(log.subList(0, 1));

        assertThat(run.err()).startsWith("stdin: there is no audit line among 1 lines.");
        assertThat(run.code()).isEqualTo(ExitCodes.UNUSABLE);
        assertThat(Run.in(folder, "audit", "verify", "nowhere").code()).isEqualTo(ExitCodes.UNUSABLE);
    }

    @Test
    void theResultIsJsonForPrograms() throws IOException {
        JsonNode json =
                new ObjectMapper().readTree(verify(without(2), "-o", "json").out());

        assertThat(json.path("unbroken").asBoolean()).isFalse();
        assertThat(json.path("auditLines").asInt()).isEqualTo(4);
        assertThat(json.at("/chains/0/lastSeq").asInt()).isEqualTo(5);
        assertThat(json.at("/faults/0/kind").asText()).isEqualTo("missing");
        assertThat(json.at("/faults/0/seq").asInt()).isEqualTo(2);
    }
}
