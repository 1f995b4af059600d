package dev.stockade.interop;

import java.net.URI;
import java.time.Duration;
import java.util.List;

/** The inspector's command line: a process for each request. */
final class Inspector {
    private static final Duration A_RUN = Duration.ofMinutes(1);
    private static final int ERROR_OF_A_TOOL = 5;

    private static final List<Request> REQUESTS = List.of(
            new Request(0, "tools/list"),
            new Request(0, "tools/call", "--tool-name", "echo", "--tool-arg", "text=grüße"),
            new Request(ERROR_OF_A_TOOL, "tools/call", "--tool-name", "test_error_handling"),
            new Request(ERROR_OF_A_TOOL, "tools/call", "--tool-name", "no_such_tool"),
            new Request(0, "resources/list"),
            new Request(0, "resources/templates/list"),
            new Request(0, "resources/read", "--uri", "test://static-text"),
            new Request(0, "prompts/list"),
            new Request(
                    0,
                    "prompts/get",
                    "--prompt-name",
                    "test_prompt_with_arguments",
                    "--prompt-args",
                    "arg1=one",
                    "arg2=two"));

    private Inspector() {}

    /** @param exit what the inspector's exit code has to be */
    private record Request(int exit, List<String> words) {
        Request(int exit, String... words) {
            this(exit, List.of(words));
        }
    }

    /** @param era as the inspector calls the generations: legacy or modern */
    static Suite.Client asking(String era) {
        return url -> REQUESTS.stream().map(request -> asked(era, url, request)).toList();
    }

    private static Check asked(String era, URI url, Request request) {
        Program.Command command = Installed.nodeProgram(
                        "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js")
                .and("--cli", "--server-url", url.toString(), "--transport", "http", "--protocol-era", era)
                .and("--format", "json", "--method")
                .and(request.words().toArray(String[]::new))
                // It keeps files there.
                .with("HOME", Program.OUTPUT.toString());
        try (Program inspector = Program.start("inspector " + era, command)) {
            int exit = inspector.finish(A_RUN);
            return new Check(
                    String.join(" ", request.words()),
                    exit == request.exit(),
                    "exit " + exit + " " + inspector.written() + inspector.complained());
        }
    }
}
