package dev.stockade.interop;

import dev.stockade.interop.Program.Command;
import dev.stockade.interop.javasdk.Features;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What is run. */
final class Suites {
    private static final String LEGACY = "2025-11-25";
    private static final String MODERN = "2026-07-28";
    private static final Duration A_RUN = Duration.ofMinutes(4);

    /** The differences that are right, by the checks of the conformance suite for servers. */
    private static final Map<String, String> BY_DESIGN;

    static {
        String unknown = "a method that is not in the table is denied by the sidecar, and the server never sees it";
        BY_DESIGN = Map.of(
                "server-stateless: sep-2575-http-server-method-not-found-404",
                unknown,
                "server-stateless: sep-2575-http-server-method-not-found-404-resources-subscribe",
                unknown,
                "server-stateless: sep-2575-http-server-method-not-found-404-resources-unsubscribe",
                unknown);
    }

    /** The client of an SDK that speaks a generation, and tries the fixture. */
    record Sdk(String name, String generation, Command command) {
        /** The last words may be "denied". */
        Command client(URI url, String... more) {
            return command.and(url.toString()).and(more);
        }

        @Override
        public String toString() {
            return name + " (" + generation + ")";
        }
    }

    private Suites() {}

    static Stream<Sdk> sdks() {
        return Stream.of(
                typescript("TypeScript SDK 1.x", "sdk1", LEGACY),
                typescript("TypeScript SDK 2.x", "sdk2", LEGACY),
                typescript("TypeScript SDK 2.x", "sdk2", MODERN),
                python(LEGACY),
                python(MODERN),
                go(LEGACY),
                go(MODERN),
                new Sdk(
                        "Java SDK",
                        LEGACY,
                        Installed.javaProgram(Features.class).and(LEGACY)));
    }

    private static Sdk typescript(String name, String module, String generation) {
        return new Sdk(name, generation, Installed.nodeProgram("features.mjs").and(module, generation));
    }

    private static Sdk python(String generation) {
        return new Sdk(
                "Python SDK", generation, Installed.pythonProgram("features.py").and(generation));
    }

    private static Sdk go(String generation) {
        return new Sdk("Go SDK", generation, Installed.goProgram().and(generation));
    }

    static Stream<Suite> all() {
        return Stream.of(conformance(), sdks().map(Suites::features), servers(), inspector())
                .flatMap(suites -> suites);
    }

    private static Stream<Suite> conformance() {
        return Stream.of(
                Suite.of("conformance of servers", LEGACY, Servers::fixture, Conformance.ofServers(LEGACY)),
                Suite.of("conformance of servers", MODERN, Servers::fixture, Conformance.ofServers(MODERN))
                        .differing(BY_DESIGN),
                Conformance.ofClients(LEGACY),
                Conformance.ofClients(MODERN));
    }

    /** All that an SDK's client can do. */
    private static Suite features(Sdk sdk) {
        return Suite.of(
                sdk.name(), sdk.generation(), Servers::fixture, url -> printed(sdk.toString(), sdk.client(url)));
    }

    private static Stream<Suite> servers() {
        Suite.Client everything = survey("""
                {"calls": [["echo", {"message": "hello \\u00fc \\ud83d\\ude00"}], ["get-sum", {"a": 2, "b": 40}],
                    ["get-tiny-image", {}], ["get-structured-content", {"location": "New York"}],
                    ["get-annotated-message", {"messageType": "error", "includeImage": true}],
                    ["get-resource-links", {"count": 3}], ["no-such-tool", {}], ["get-sum", {"a": "x"}],
                    ["get-resource-reference", {"resourceType": "Text", "resourceId": 1}],
                    ["trigger-long-running-operation", {"duration": 1, "steps": 4}],
                    ["trigger-sampling-request", {"prompt": "Greet", "maxTokens": 10}],
                    ["trigger-elicitation-request", {}], ["get-roots-list", {}]],
                 "prompts": [["simple-prompt", {}], ["args-prompt", {"city": "Oslo"}]],
                 "missing": ["demo://nothing/here"], "logs": 1}
                """);
        Suite.Client kubernetes = survey("""
                {"calls": [["configuration_view", {}], ["namespaces_list", {}], ["pods_get", {}]],
                 "prompts": [["cluster-health-check", {}]]}
                """);
        Suite.Client files = survey("""
                {"calls": [["list_allowed_directories", {}], ["list_directory", {"path": "FOLDER"}],
                    ["read_text_file", {"path": "FOLDER/greeting.txt"}],
                    ["read_text_file", {"path": "/etc/hostname"}],
                    ["edit_file", {"path": "FOLDER/greeting.txt", "edits": [], "dryRun": true}]]}
                """.replace("FOLDER", Servers.folder().toString()));
        Suite.Client java = survey("""
                {"calls": [["echo", {"text": "grüße 😀"}], ["fail", {}], ["log", {}], ["progress", {}], ["ask", {}],
                    ["no-such-tool", {}, "refused"]],
                 "prompts": [["greet", {}]], "missing": ["java://nothing"], "logs": 3}
                """);
        return Stream.of(
                Suite.of("server-everything", LEGACY, Servers::everything, everything),
                Suite.byName("server-everything", LEGACY, Servers::everything, everything),
                Suite.of("kubernetes-mcp-server", LEGACY, Servers::kubernetes, kubernetes),
                Suite.of("server-filesystem behind supergateway", LEGACY, Servers::files, files),
                Suite.of("Java SDK server", LEGACY, Servers::java, java));
    }

    private static Stream<Suite> inspector() {
        return Stream.of(
                Suite.of("inspector's command line", LEGACY, Servers::fixture, Inspector.asking("legacy")),
                Suite.of("inspector's command line", MODERN, Servers::fixture, Inspector.asking("modern")));
    }

    /** A look at all that a server offers. */
    private static Suite.Client survey(String task) {
        return url -> printed("survey", Installed.nodeProgram("survey.mjs").and(url.toString(), task));
    }

    /** What a program of ours printed, which ends with 0 even if a check failed. */
    static List<Check> printed(String name, Command command) {
        return Check.printed(Program.run(name, command, A_RUN));
    }
}
