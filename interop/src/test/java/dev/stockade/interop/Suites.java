package dev.stockade.interop;

import dev.stockade.interop.Program.Command;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What is run. */
final class Suites {
    private static final String LEGACY = "2025-11-25";
    private static final String MODERN = "2026-07-28";
    private static final Duration A_RUN = Duration.ofMinutes(2);
    private static final String UNKNOWN =
            "a method that is not in the table is denied by the sidecar, and the server never sees it";

    private static final String EVERYTHING = """
            {"calls": [["echo", {"message": "hello \\u00fc \\ud83d\\ude00"}], ["get-sum", {"a": 2, "b": 40}],
                ["get-tiny-image", {}], ["get-structured-content", {"location": "New York"}],
                ["get-annotated-message", {"messageType": "error", "includeImage": true}],
                ["get-resource-links", {"count": 3}], ["no-such-tool", {}], ["get-sum", {"a": "x"}],
                ["get-resource-reference", {"resourceType": "Text", "resourceId": 1}]],
             "prompts": [["simple-prompt", {}], ["args-prompt", {"city": "Oslo"}]],
             "missing": ["demo://nothing/here"]}
            """;

    private Suites() {}

    static Stream<Suite> all() {
        return Stream.of(
                Suite.of("server-everything, TypeScript SDK 1.x", LEGACY, Suites::serverEverything, survey(EVERYTHING)),
                Suite.byName(
                        "server-everything, TypeScript SDK 1.x", LEGACY, Suites::serverEverything, survey(EVERYTHING)),
                Suite.of("conformance of servers", LEGACY, Suites::fixture, Conformance.ofServers(LEGACY)),
                Suite.of("conformance of servers", MODERN, Suites::fixture, Conformance.ofServers(MODERN))
                        .differing(Map.of(
                                "server-stateless: sep-2575-http-server-method-not-found-404",
                                UNKNOWN,
                                "server-stateless: sep-2575-http-server-method-not-found-404-resources-subscribe",
                                UNKNOWN,
                                "server-stateless: sep-2575-http-server-method-not-found-404-resources-unsubscribe",
                                UNKNOWN)),
                Conformance.ofClients(LEGACY),
                Conformance.ofClients(MODERN));
    }

    private static Served serverEverything() {
        return Served.start(
                "server-everything",
                port -> Installed.nodeProgram("node_modules/@modelcontextprotocol/server-everything/dist/index.js")
                        .and("streamableHttp")
                        .with("PORT", Integer.toString(port)));
    }

    private static Served fixture() {
        return Served.start("fixture", port -> Installed.nodeProgram("fixture.mjs").and(Integer.toString(port)));
    }

    /** A look at all that a server offers. */
    private static Suite.Client survey(String task) {
        return url -> printed("survey", Installed.nodeProgram("survey.mjs").and(url.toString(), task));
    }

    private static List<Check> printed(String name, Command command) {
        return Check.printed(Program.run(name, command, A_RUN));
    }
}
