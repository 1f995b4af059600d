package dev.stockade.interop;

import static java.util.Comparator.comparing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.interop.Program.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The conformance suites of the Model Context Protocol, and what they found. */
final class Conformance {
    private static final Duration A_RUN = Duration.ofMinutes(4);
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * What the suite tries with clients of a revision, but for logging in (auth/...): that is done at other paths of the server
     * than its own, which the mesh does not lead to.
     */
    private static final Map<String, List<String>> OF_CLIENTS = Map.of(
            "2025-11-25",
            List.of("initialize", "tools_call", "elicitation-sep1034-client-defaults", "sse-retry"),
            "2026-07-28",
            List.of(
                    "tools_call",
                    "request-metadata",
                    "sep-2322-client-request-state",
                    "http-standard-headers",
                    "http-custom-headers",
                    "http-invalid-tool-headers",
                    "json-schema-ref-no-deref",
                    "json-schema-2020-12-preservation"));

    private Conformance() {}

    /** The suite for servers of a revision. */
    static Suite.Client ofServers(String revision) {
        return url -> {
            Path results = fresh();
            try (Program suite = Program.start(
                    "conformance server " + revision,
                    command("server")
                            .and("--url", url.toString(), "--requirements", revision, "-o", results.toString()))) {
                suite.finish(A_RUN);
                return checks(results);
            }
        };
    }

    /** The suite for clients of a revision, which starts servers of its own. */
    static Suite ofClients(String revision) {
        return new Suite(
                "conformance of clients",
                revision,
                () -> clientsSuite(revision, Optional.empty()),
                () -> {
                    try (Through through = new Through()) {
                        List<Check> checks = clientsSuite(revision, Optional.of(through));
                        through.wasUsed(
                                OF_CLIENTS.getOrDefault(revision, List.of()).size());
                        return checks;
                    }
                },
                Map.of());
    }

    private static List<Check> clientsSuite(String revision, Optional<Through> through) {
        Path results = fresh();
        String client = Installed.nodeBinary() + " " + Installed.node().resolve("conformance-client.mjs");
        for (String scenario : OF_CLIENTS.getOrDefault(revision, List.of())) {
            Command command = command("client")
                    .and("--command", client, "--scenario", scenario, "--spec-version", revision)
                    .and("-o", results.toString());
            try (Program suite = Program.start(
                    "conformance client " + scenario,
                    through.map(way -> command.with("STOCKADE_THROUGH", way.address()))
                            .orElse(command))) {
                suite.finish(A_RUN);
            }
        }
        return checks(results);
    }

    private static Command command(String mode) {
        return Installed.nodeProgram("node_modules/@modelcontextprotocol/conformance/dist/index.js")
                .and(mode);
    }

    private static Path fresh() {
        try {
            return Files.createTempDirectory(Files.createDirectories(Program.OUTPUT.resolve("conformance")), "run");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * What the suite left in a folder: one of its own for each scenario, with the scenario's checks. Tasks are left out: no SDK's
     * server has them, and the suite says so.
     */
    private static List<Check> checks(Path results) {
        List<Check> checks = new ArrayList<>();
        try (Stream<Path> scenarios = Files.list(results)) {
            for (Path scenario : scenarios.toList()) {
                String name = scenario.getFileName().toString().replaceAll("^server-|-\\d{4}-\\d\\d-\\d\\dT.*$", "");
                if (name.startsWith("tasks-")) {
                    continue;
                }
                for (JsonNode check :
                        JSON.readTree(scenario.resolve("checks.json").toFile())) {
                    checks.add(check(name, check));
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        checks.sort(comparing(Check::name));
        return checks;
    }

    private static Check check(String scenario, JsonNode check) {
        String status = check.path("status").asText();
        return new Check(
                scenario + ": " + check.path("id").asText(),
                !status.equals("FAILURE"),
                status + " " + check.path("errorMessage").asText());
    }
}
