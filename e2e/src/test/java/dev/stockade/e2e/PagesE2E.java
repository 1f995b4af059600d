package dev.stockade.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.e2e.mesh.Definitions;
import dev.stockade.e2e.mesh.Disturbing;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.Rotation;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.mesh.Tools.Ended;
import dev.stockade.e2e.mesh.Waiting;
import dev.stockade.e2e.workload.Manifests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Runs every command of the pages that people follow on their own cluster, in the order in which they stand, as a person would who has
 * the server and the agent that the pages speak of, from the installation until nothing is left. A block marked {@code bash} is run;
 * one of {@code yaml} that begins with the name of a file is that file; what is marked {@code sh} is not run, and
 * {@code docs/limits.md} says so.
 */
// Before the definitions are taken away from pods that others left: a rotation waits for a sidecar that was cut off.
@Disturbing
@Order(87)
@TestMethodOrder(OrderAnnotation.class)
class PagesE2E {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    /** Where the files of the pages are, as if the repository were around them. */
    private static final Path FOLDER = Path.of("target", "pages").toAbsolutePath();

    private final Mesh mesh;
    private final Team tools;
    private final Team agents;
    private boolean ours;

    PagesE2E(Mesh mesh) {
        this.mesh = mesh;
        tools = new Team(mesh.client(), mesh.manifests(), "tools");
        agents = new Team(mesh.client(), mesh.manifests(), "agents");
    }

    /** What a team has before it hears of Stockade. Namespaces that are somebody else's make this fail before anything is touched. */
    private void asItWasBefore() throws IOException {
        for (String name : List.of("tools", "agents")) {
            mesh.client()
                    .resource(Manifests.namespace(name, true).replace("stockade.dev/mesh: \"enabled\", ", ""))
                    .create();
        }
        ours = true;
        String server = mesh.manifests()
                .server("github-mcp", 1, false)
                .replace(
                        "      automountServiceAccountToken",
                        "      serviceAccountName: github-mcp\n      automountServiceAccountToken")
                .replace(String.valueOf(Manifests.SERVER_PORT), "3000");
        tools.apply(Manifests.serviceAccount("github-mcp"), server);
        agents.apply(Manifests.serviceAccount("triage"), mesh.manifests().agentDeployment("triage", "triage"));
        tools.awaitDeployment("github-mcp");
        agents.awaitDeployment("triage");
        Files.createDirectories(FOLDER);
        for (String shared : List.of("charts", "samples")) {
            Files.deleteIfExists(FOLDER.resolve(shared));
            Files.createSymbolicLink(FOLDER.resolve(shared), ROOT.resolve(shared));
        }
    }

    @AfterAll
    void end() {
        mesh.chart().install();
        if (ours) {
            tools.disband();
            agents.disband();
            tools.awaitDisbanded();
            agents.awaitDisbanded();
        }
    }

    @Test
    @Order(1)
    void theCommandsOfInstalling() throws Exception {
        asItWasBefore();

        List<String> printed = run("install.md");

        assertThat(printed.getLast())
                .as("where the API server is")
                .containsPattern("\\A[0-9a-f.:]+\\n\\[\"[0-9a-f.:]+\".*\\] [0-9]+\\n");
        assertThat(printed)
                .anyMatch(text ->
                        text.contains("networkpolicy.networking.k8s.io/stockade-egress created (server dry run)"))
                .anyMatch(text -> text.contains("BEGIN CERTIFICATE")
                        && text.stripTrailing().endsWith("no"));
    }

    @Test
    @Order(2)
    void theCommandsOfGettingStartedUpToTheGrantAndOfEverydayWhileItStands() throws Exception {
        List<Block> steps = blocks("getting-started.md");
        List<String> printed = run(steps.subList(0, steps.size() - 1));

        assertThat(printed).anyMatch(text -> text.contains("\"tools-github\""));
        assertThat(printed).anyMatch(text -> text.startsWith("yes: agents/triage may call get-sum at tools/github"));
        assertThat(printed)
                .anyMatch(text -> text.contains("Echo: hello")
                        && text.contains("-31403")
                        && text.contains("\"policy\":\"tools/triage-reads\""));
        run("rbac.md");
        run("troubleshooting.md");
        run("runbook.md");
    }

    @Test
    @Order(3)
    void theCommandsOfTheAuthorityRotateItAndBringABackupBack() throws Exception {
        Rotation rotation = mesh.rotation();
        String root = rotation.roots().getFirst();
        List<Block> steps = blocks("ca.md");
        int backup = steps.size() - 2;
        run(steps.subList(0, backup));
        rotation.awaitRoot("the root that was asked for", other -> !other.equals(root));

        run(steps.subList(backup, steps.size()));

        mesh.trust().await("Ready", "True");
        assertThat(echo()).contains("Echo: hello");
    }

    @Test
    @Order(4)
    void theCommandsOfUpgradingAndRollingBackLeaveTheAgentItsGrant() throws Exception {
        List<Block> steps = blocks("upgrade.md");
        run(steps.subList(0, steps.size() - 2));

        tools.awaitDeployment("github-mcp");
        tools.policy("triage-reads").await("Enforced", "True");
        assertThat(echo()).contains("Echo: hello");
    }

    @Test
    @Order(5)
    void theCommandsOfTakingItAwayLeaveNothing() throws Exception {
        run(blocks("getting-started.md").getLast());
        tools.awaitDeployment("github-mcp");
        Waiting.until(
                "the server has no sidecar any more",
                () -> tools.pods("github-mcp"),
                () -> tools.pods("github-mcp").stream()
                        .allMatch(pod -> pod.getSpec().getInitContainers().isEmpty()));

        List<Block> steps = blocks("upgrade.md");
        run(steps.subList(steps.size() - 2, steps.size()));

        assertThat(new Definitions(mesh.client()).served()).isEmpty();
        assertThat(mesh.tools()
                        .kubectl("get", "namespace,clusterrole,mutatingwebhookconfiguration", "-o", "name")
                        .said())
                .doesNotContain("stockade");
    }

    /** What the agent gets of the server, as getting started asks for it. */
    private String echo() {
        return run(
                new Block(
                        "getting-started.md",
                        "kubectl -n agents exec deploy/triage -c agent -- agent call http://github-mcp.tools/mcp echo '{\"message\":\"hello\"}'"));
    }

    private record Block(String page, String script) {}

    private List<String> run(String page) throws IOException {
        return run(blocks(page));
    }

    private List<String> run(List<Block> blocks) {
        List<String> printed = new ArrayList<>();
        for (Block block : blocks) {
            printed.add(run(block));
        }
        return printed;
    }

    /** The scripts of a page; files are written where they stand. */
    private List<Block> blocks(String page) throws IOException {
        List<Block> blocks = new ArrayList<>();
        String language = "";
        StringBuilder text = new StringBuilder();
        for (String line : Files.readAllLines(ROOT.resolve("docs").resolve(page))) {
            if (!line.startsWith("```")) {
                text.append(line).append('\n');
                continue;
            }
            if (language.equals("bash")) {
                blocks.add(new Block(page, text.toString()));
            } else if (language.equals("yaml") && text.toString().startsWith("# ")) {
                String name = text.substring(2, text.indexOf("\n"));
                Files.writeString(FOLDER.resolve(name), text);
            }
            language = language.isEmpty() ? line.substring(3) : "";
            text.setLength(0);
        }
        assertThat(blocks).as("scripts of docs/" + page).isNotEmpty();
        return blocks;
    }

    private String run(Block block) {
        Map<String, String> environment = new HashMap<>();
        environment.put("REGISTRY", mesh.chart().registry());
        environment.put("TAG", mesh.chart().tag());
        // What an alert's labels say.
        environment.put("NAMESPACE", tools.namespace());
        tools.pods("github-mcp").stream()
                .findFirst()
                .ifPresent(pod -> environment.put("POD", pod.getMetadata().getName()));
        Ended ended = mesh.tools().bash(block.script(), FOLDER, environment);
        assertThat(ended.status())
                .as("docs/%s:%n%s%nprinted:%n%s", block.page(), block.script(), ended.said())
                .isZero();
        return ended.said();
    }
}
