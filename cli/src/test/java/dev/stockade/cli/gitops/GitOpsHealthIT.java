package dev.stockade.cli.gitops;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.fixture.GitOpsLibraries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each reason of {@code docs/status.md} as kstatus, Flux's expressions and Argo CD's script of the sample read it. The rows are the page's:
 * a reason that is new there is judged here, and must fit into one of the classes.
 */
class GitOpsHealthIT {
    private static final Path PAGE = Path.of("..", "docs", "status.md");
    private static final Pattern ROW = Pattern.compile("\\| (True|False|Unknown) \\| `([A-Za-z]+)` \\|.*");

    /** What the page says needs somebody, though nothing is stalled: waiting would not help. */
    private static final Set<String> BROKEN =
            Set.of("Refused", "Bypass", "OpenedByPolicy", "NotIsolated", "ServiceAccountDeleted", "RotationOverdue");

    private static final String HEALTHY = "Current Current Healthy";
    private static final String PROGRESSING = "InProgress InProgress Progressing";
    private static final String FAILED = "Failed Failed Degraded";
    private static final String BROKEN_ONLY_TO_EXPRESSIONS = "InProgress Failed Degraded";

    @TempDir
    private static Path folder;

    private static GitOpsLibraries libraries;

    /** A row of a table of the page. */
    private record Row(String kind, String condition, String status, String reason) {}

    @BeforeAll
    static void build() throws IOException, InterruptedException {
        libraries = GitOpsLibraries.find();
        Fleet fleet = Fleet.copiedTo(Files.createDirectory(folder.resolve("fleet")));
        Fleet.Ended ended =
                fleet.run("kubectl kustomize flux/production >../flux.yaml; kubectl kustomize argocd >../argo.yaml");
        assertThat(ended.status()).as(ended.said()).isZero();
    }

    @Test
    void everyReasonOfReadyIsJudgedAlikeByAllThree() throws IOException, InterruptedException {
        List<Row> page = rows();
        Set<String> stalling = Set.copyOf(page.stream()
                .filter(row -> row.condition().equals("Stalled") && row.status().equals("True"))
                .map(Row::reason)
                .toList());
        List<Row> ready =
                page.stream().filter(row -> row.condition().equals("Ready")).toList();

        List<String> judged = judge(ready.stream()
                .map(row -> object(row.kind(), 3, 3, conditions(row, stalling.contains(row.reason()))))
                .toList());

        assertThat(ready).hasSizeGreaterThan(30);
        assertThat(ready).extracting(Row::reason).containsAll(BROKEN);
        for (int i = 0; i < ready.size(); i++) {
            Row row = ready.get(i);
            String expected = row.status().equals("True")
                    ? HEALTHY
                    : stalling.contains(row.reason())
                            ? FAILED
                            : row.status().equals("False") && BROKEN.contains(row.reason())
                                    ? BROKEN_ONLY_TO_EXPRESSIONS
                                    : PROGRESSING;
            assertThat(judged.get(i)).as("%s", row).isEqualTo(expected);
        }
    }

    @Test
    void whatTheOperatorHasNotSeenIsInProgressWhateverItsStatusSays() throws IOException, InterruptedException {
        String ready = "[{type: Ready, status: \"True\", reason: Enforced, message: all}]";

        List<String> judged = judge(List.of(
                object("SecureMcpServer", 1, -1, "[]"),
                object("SecureMcpServer", 4, 3, ready),
                object("AgentIdentity", 4, 3, ready),
                object(
                        "McpAccessPolicy",
                        4,
                        3,
                        "[{type: Stalled, status: \"True\", reason: Conflict, message: taken}]")));

        assertThat(judged).containsOnly(PROGRESSING);
    }

    @Test
    void theScriptSaysWhatTheOperatorSays() throws IOException, InterruptedException {
        List<JsonNode> answers = ask(List.of(
                object(
                        "SecureMcpServer",
                        1,
                        1,
                        "[{type: Ready, status: \"False\", reason: Bypass, message: 10.0.0.7:3001 opened}]"),
                object("MeshTrust", 1, -1, "[]")));

        assertThat(answers.getFirst().path("message").asText()).isEqualTo("Bypass: 10.0.0.7:3001 opened");
        assertThat(answers.getLast().path("message").asText()).contains("not looked at this generation");
    }

    private static List<String> judge(List<String> objects) throws IOException, InterruptedException {
        return ask(objects).stream()
                .map(one -> "%s %s %s"
                        .formatted(
                                one.path("kstatus").asText(),
                                one.path("flux").asText(),
                                one.path("argo").asText()))
                .toList();
    }

    private static List<JsonNode> ask(List<String> objects) throws IOException, InterruptedException {
        List<JsonNode> answers = libraries.ask(
                String.join("---\n", objects),
                "health",
                "-exprs",
                folder.resolve("flux.yaml").toString(),
                "-argo",
                folder.resolve("argo.yaml").toString());
        assertThat(answers).hasSameSizeAs(objects);
        return answers;
    }

    private static String conditions(Row row, boolean stalled) {
        return """
            [{type: Ready, status: "%1$s", reason: %2$s, message: said}, {type: Stalled, status: "%3$s", reason: %4$s, message: said}]\
            """.formatted(
                        row.status(), row.reason(), stalled ? "True" : "False", stalled ? row.reason() : "NotStalled");
    }

    private static String object(String kind, int generation, int observed, String conditions) {
        return """
            apiVersion: stockade.dev/v1alpha1
            kind: %s
            metadata: {name: one, namespace: tools, generation: %d}
            status: {observedGeneration: %d, conditions: %s}
            """.formatted(kind, generation, observed, conditions);
    }

    private static List<Row> rows() throws IOException {
        List<Row> rows = new ArrayList<>();
        String kind = "";
        String condition = "";
        for (String line : Files.readAllLines(PAGE)) {
            Matcher row = ROW.matcher(line);
            if (line.startsWith("## Stalled")) {
                kind = "";
                condition = "Stalled";
            } else if (line.startsWith("## ")) {
                kind = line.substring(3);
                condition = "";
            } else if (line.startsWith("### ")) {
                condition = line.substring(4);
            } else if (row.matches()) {
                rows.add(new Row(kind, condition, row.group(1), row.group(2)));
            }
        }
        return rows;
    }
}
