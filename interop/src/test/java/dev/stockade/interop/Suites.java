package dev.stockade.interop;

import dev.stockade.interop.Program.Command;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

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

    private static final Sdk TYPESCRIPT_1 = typescript("TypeScript SDK 1.x", "sdk1");
    private static final Sdk TYPESCRIPT_2 = typescript("TypeScript SDK 2.x", "sdk2");
    private static final Sdk PYTHON = new Sdk(
            "Python SDK", generation -> Installed.pythonProgram("features.py").and(generation));
    private static final Sdk GO =
            new Sdk("Go SDK", generation -> Installed.goProgram().and(generation));

    private Suites() {}

    /**
     * The client of an SDK, which tries the fixture.
     *
     * @param command by the generation that it speaks
     */
    record Sdk(String name, Function<String, Command> command) {
        @Override
        public String toString() {
            return name;
        }

        /** The last words may be "denied". */
        Command client(String generation, URI url, String... more) {
            return command.apply(generation).and(url.toString()).and(more);
        }
    }

    private static Sdk typescript(String name, String module) {
        return new Sdk(name, generation -> Installed.nodeProgram("features.mjs").and(module, generation));
    }

    /** The SDKs, with the generations that they speak. */
    static Stream<Arguments> sdks() {
        return Stream.of(
                Arguments.of(TYPESCRIPT_1, LEGACY),
                Arguments.of(TYPESCRIPT_2, LEGACY),
                Arguments.of(TYPESCRIPT_2, MODERN),
                Arguments.of(PYTHON, LEGACY),
                Arguments.of(PYTHON, MODERN),
                Arguments.of(GO, LEGACY),
                Arguments.of(GO, MODERN));
    }

    static Stream<Suite> all() {
        return Stream.of(
                Suite.of("server-everything, TypeScript SDK 1.x", LEGACY, Suites::serverEverything, survey(EVERYTHING)),
                Suite.byName(
                        "server-everything, TypeScript SDK 1.x", LEGACY, Suites::serverEverything, survey(EVERYTHING)),
                features(TYPESCRIPT_1, LEGACY),
                features(TYPESCRIPT_2, LEGACY),
                features(TYPESCRIPT_2, MODERN),
                features(PYTHON, LEGACY),
                features(PYTHON, MODERN),
                features(GO, LEGACY),
                features(GO, MODERN),
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

    /** All that an SDK's client can do. */
    private static Suite features(Sdk sdk, String generation) {
        return Suite.of(
                sdk.name(), generation, Suites::fixture, url -> printed(sdk.name(), sdk.client(generation, url)));
    }

    private static Served serverEverything() {
        return Served.start(
                "server-everything",
                port -> Installed.nodeProgram("node_modules/@modelcontextprotocol/server-everything/dist/index.js")
                        .and("streamableHttp")
                        .with("PORT", Integer.toString(port)));
    }

    static Served fixture() {
        return Served.start(
                "fixture", port -> Installed.nodeProgram("fixture.mjs").and(Integer.toString(port)));
    }

    /** A look at all that a server offers. */
    private static Suite.Client survey(String task) {
        return url -> printed("survey", Installed.nodeProgram("survey.mjs").and(url.toString(), task));
    }

    static List<Check> printed(String name, Command command) {
        return Check.printed(Program.run(name, command, A_RUN));
    }
}
