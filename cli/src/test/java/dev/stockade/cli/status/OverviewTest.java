package dev.stockade.cli.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cli.status.Trouble.Level;
import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With {@code -Dstockade.golden=write} the expected screens are written from what was seen. */
class OverviewTest {
    private static final Path CASES = Path.of("src", "test", "resources", "status");

    private static MeshReading reading(String name) throws IOException {
        return MeshReadings.of(Files.readString(CASES.resolve(name).resolve("in.yaml")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"healthy", "wrong"})
    void theScreenIsTheOneOfTheCase(String name) throws IOException {
        Path expected = CASES.resolve(name).resolve("out.txt");

        String screen = String.join("\n", new OverviewText(Examining.of(reading(name))).lines()) + "\n";

        if ("write".equals(System.getProperty("stockade.golden"))) {
            Files.writeString(expected, screen);
        }
        assertThat(screen).isEqualTo(Files.readString(expected));
        assertThat(screen.lines()).allMatch(line -> line.length() <= Screen.WIDTH);
    }

    @Test
    void thePageShowsTheScreenThatIsPrinted() throws IOException {
        assertThat(Files.readString(Path.of("..", "docs", "cli.md")))
                .contains("```text\n$ kubectl stockade status\n"
                        + Files.readString(CASES.resolve("healthy").resolve("out.txt")) + "```\n");
    }

    @Test
    void onlyWhatDoesNotDoWhatWasAskedForIsWrong() throws IOException {
        assertThat(Examining.of(reading("healthy")).wrong()).isFalse();
        assertThat(Examining.of(reading("wrong")).wrong()).isTrue();
    }

    /** A condition of a policy is written by its author, who must not be able to clear a reader's screen. */
    @Test
    void controlCharactersNeverReachTheTerminal() throws IOException {
        List<String> lines = new OverviewText(Examining.of(reading("wrong"))).lines();

        assertThat(lines).anyMatch(line -> line.contains("args.x == \"?[2J?gnp\" || args.yes"));
        assertThat(String.join("", lines).codePoints())
                .noneMatch(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT);
    }

    @Test
    void theOrderInWhichThingsAreReadDoesNotMatter() throws IOException {
        MeshReading read = reading("wrong");
        Random random = new Random(1);

        MeshReading shuffled = new MeshReading(
                read.only(),
                read.trust(),
                read.labelled(),
                shuffled(read.servers(), random),
                shuffled(read.agents(), random),
                shuffled(read.policies(), random),
                read.pods().map(pods -> shuffled(pods, random)),
                true,
                List.of());

        assertThat(Examining.of(shuffled)).isEqualTo(Examining.of(read));
    }

    private static <T> List<T> shuffled(List<T> list, Random random) {
        List<T> copy = new ArrayList<>(list);
        Collections.shuffle(copy, random);
        return copy;
    }

    @Test
    void aNamespaceShowsWhatIsInItAndWhoMayReachIt() throws IOException {
        MeshReading read = reading("healthy");

        Overview agents = Examining.of(new MeshReading(
                Optional.of("agents"),
                read.trust(),
                read.labelled(),
                read.servers(),
                read.agents(),
                read.policies(),
                read.pods(),
                true,
                List.of()));

        assertThat(agents.servers()).isEmpty();
        assertThat(agents.agents()).extracting(Overview.Agent::name).containsExactly("agents/triage");
        assertThat(agents.grants()).extracting(Overview.Grant::server).containsExactly("tools/github");
    }

    /** What was not read may exist: nothing is said to be missing, and nothing is called well. */
    @Test
    void whatCouldNotBeReadIsNotCalledMissing() throws IOException {
        MeshReading read = reading("healthy");

        Overview overview = Examining.of(new MeshReading(
                Optional.of("tools"),
                Optional.empty(),
                read.labelled(),
                read.servers(),
                List.of(),
                read.policies(),
                Optional.empty(),
                false,
                List.of("You may not get meshtrusts.stockade.dev default in this cluster.")));
        List<String> lines = new OverviewText(overview).lines();

        assertThat(overview.troubles()).isEmpty();
        assertThat(lines).first().isEqualTo("Nothing is wrong in what could be read.");
        assertThat(lines).anyMatch(line -> line.contains("? You may not get meshtrusts"));
        assertThat(lines).anyMatch(line -> line.contains("?/2"));
    }

    @Test
    void withoutMeshTrustNobodyHasAnIdentity() {
        Overview overview = Examining.of(new MeshReading(
                Optional.empty(),
                Optional.empty(),
                Set.of(),
                List.of(),
                List.of(),
                List.of(),
                Optional.of(List.of()),
                true,
                List.of()));

        assertThat(overview.troubles())
                .singleElement()
                .satisfies(t -> assertThat(t.level()).isEqualTo(Level.SEVERE))
                .satisfies(t -> assertThat(t.about()).isEqualTo("MeshTrust default"));
    }

    /** Ten thousand resources that are all wrong still fit, and the JSON has each. */
    @Test
    void theScreenOfABigMeshIsBounded() throws IOException {
        MeshReading one = reading("wrong");
        List<SecureMcpServer> servers = new ArrayList<>();
        List<AgentIdentity> agents = new ArrayList<>();
        List<McpAccessPolicy> policies = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            int number = i;
            reading("wrong").servers().stream().limit(1).forEach(s -> {
                s.getMetadata().setName("server-" + number);
                servers.add(s);
            });
        }
        agents.addAll(one.agents());
        policies.addAll(one.policies());

        OverviewText text = new OverviewText(Examining.of(new MeshReading(
                Optional.empty(),
                one.trust(),
                one.labelled(),
                servers,
                agents,
                policies,
                one.pods(),
                true,
                List.of())));

        assertThat(text.lines()).hasSizeLessThan(150).anyMatch(line -> line.contains("more: see them with -n"));
        assertThat(text.json().get("servers")).hasSize(400);
    }
}
