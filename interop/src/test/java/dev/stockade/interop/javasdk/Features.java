package dev.stockade.interop.javasdk;

import static java.util.Objects.requireNonNull;

import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * All that a client of the Java SDK can do, tried on the fixture: {@code Features GENERATION URL [denied]}. With "denied", the tool,
 * the resource and the prompt that a policy withholds are asked for, and what stays allowed is tried after it. One line of JSON is
 * printed for each thing that was tried, with what was seen.
 */
public final class Features {
    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    private final McpSyncClient client;
    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
    private final List<String> logged = Collections.synchronizedList(new ArrayList<>());
    private final List<Double> steps = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch allSteps = new CountDownLatch(3);
    private final CountDownLatch allLogged = new CountDownLatch(3);
    private final CountDownLatch updated = new CountDownLatch(1);
    private final CountDownLatch changed = new CountDownLatch(1);

    private Features(URI url) {
        HttpClientStreamableHttpTransport transport = HttpClientStreamableHttpTransport.builder(
                        url.getScheme() + "://" + url.getAuthority())
                .endpoint(url.getPath())
                .openConnectionOnStartup(true)
                .build();
        client = McpClient.sync(transport)
                .clientInfo(
                        McpSchema.Implementation.builder("features", "1.0.0").build())
                .requestTimeout(Duration.ofMinutes(1))
                .capabilities(McpSchema.ClientCapabilities.builder()
                        .roots(true)
                        .sampling()
                        .elicitation()
                        .build())
                .roots(McpSchema.Root.builder("file:///nowhere/at-all")
                        .name("work")
                        .build())
                .sampling(request -> {
                    asked.add("sampling: " + text(request.messages().getFirst().content()));
                    return McpSchema.CreateMessageResult.builder(McpSchema.Role.ASSISTANT, "Good day", "none")
                            .build();
                })
                .elicitation(request -> {
                    asked.add("elicitation: " + request.message());
                    Map<?, ?> properties =
                            (Map<?, ?>) requireNonNull(request.requestedSchema().get("properties"));
                    String first = String.valueOf(properties.keySet().iterator().next());
                    return McpSchema.ElicitResult.builder(McpSchema.ElicitResult.Action.ACCEPT)
                            .content(Map.of(first, "Zoë"))
                            .build();
                })
                .loggingConsumer(notice -> {
                    logged.add(notice.data());
                    allLogged.countDown();
                })
                .progressConsumer(notice -> {
                    steps.add(notice.progress());
                    allSteps.countDown();
                })
                .resourcesUpdateConsumer(contents -> updated.countDown())
                .toolsChangeConsumer(tools -> changed.countDown())
                .build();
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        Features features = new Features(URI.create(args[1]));
        check("begin", features.client::initialize);
        if (args.length > 2) {
            features.denials();
        } else {
            features.everything();
        }
        // Threads of the SDK's own outlive its client.
        System.exit(0);
    }

    private static void check(String name, Callable<@Nullable Object> tried) {
        Map<String, @Nullable Object> line = new LinkedHashMap<>();
        line.put("check", name);
        try {
            Object saw = tried.call();
            line.put("passed", true);
            line.put("saw", saw);
        } catch (Exception | AssertionError e) {
            line.put("passed", false);
            line.put("saw", e instanceof McpError error ? shown(error) : String.valueOf(e));
        }
        try {
            OUT.println(McpJsonDefaults.getMapper().writeValueAsString(line));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, @Nullable Object> shown(McpError error) {
        Map<String, @Nullable Object> shown = new LinkedHashMap<>();
        shown.put("error", error.getJsonRpcError().message());
        shown.put("code", error.getJsonRpcError().code());
        shown.put("data", error.getJsonRpcError().data());
        return shown;
    }

    private static McpError refusal(Supplier<Object> tried) {
        Object result;
        try {
            result = tried.get();
        } catch (McpError e) {
            return e;
        }
        throw new AssertionError("this should have been refused, and gave " + result);
    }

    private static void expect(boolean truth, String otherwise) {
        if (!truth) {
            throw new AssertionError(otherwise);
        }
    }

    private static void happens(CountDownLatch event, String what) throws InterruptedException {
        expect(event.await(1, TimeUnit.MINUTES), what + " did not come within a minute");
    }

    private static String digest(String text) {
        return text.length() + " characters " + text.substring(0, 20) + "..." + text.substring(text.length() - 20);
    }

    private static String text(McpSchema.Content content) {
        return ((TextContent) content).text();
    }

    private CallToolResult call(String tool, Map<String, Object> arguments) {
        return client.callTool(
                CallToolRequest.builder(tool).arguments(arguments).build());
    }

    private String said(String tool, Map<String, Object> arguments) {
        return text(call(tool, arguments).content().getFirst());
    }

    private McpSchema.ReadResourceResult read(String uri) {
        return client.readResource(McpSchema.ReadResourceRequest.builder(uri).build());
    }

    private McpSchema.GetPromptResult prompt(String name, Map<String, Object> arguments) {
        return client.getPrompt(
                McpSchema.GetPromptRequest.builder(name).arguments(arguments).build());
    }

    private List<Object> askedBy(String tool, Map<String, Object> arguments) {
        String answer = said(tool, arguments);
        List<String> taken = new ArrayList<>(asked);
        asked.clear();
        Collections.sort(taken);
        return List.of(answer, taken);
    }

    private void everything() {
        check("tools", () -> client.listTools().tools());
        check("resources in pages", this::pages);
        check("templates", () -> client.listResourceTemplates().resourceTemplates());
        check("prompts", () -> client.listPrompts().prompts());
        check("a call", () -> call("echo", Map.of("text", "grüße, 世界, 😀, \u2028, \"quoted\" \\ and \u0001")));
        check("a structured answer", () -> call("structured", Map.of("city", "Oslo")));
        check("an answer of a megabyte", () -> digest(said("large", Map.of("characters", 1_000_000))));
        check("an argument of a megabyte", () -> digest(said("echo", Map.of("text", "ü".repeat(500_000)))));
        check("a tool that fails", () -> call("test_error_handling", Map.of()));
        check("a tool that is missing", () -> shown(refusal(() -> call("no_such_tool", Map.of()))));
        for (String tool : List.of("test_image_content", "test_audio_content", "test_multiple_content_types")) {
            check("the content of " + tool, () -> call(tool, Map.of()));
        }
        check("forty calls at once", this::atOnce);
        for (String uri :
                List.of("test://static-text", "test://static-binary", "test://template/a1/data", "test://pages/6")) {
            check("the resource " + uri, () -> read(uri));
        }
        check("a resource that is missing", () -> shown(refusal(() -> read("test://nothing"))));
        check("a prompt", () -> prompt("test_prompt_with_arguments", Map.of("arg1", "one", "arg2", "zwölf")));
        check(
                "a completion",
                () -> client.completeCompletion(McpSchema.CompleteRequest.builder(
                                McpSchema.PromptReference.builder("test_prompt_with_arguments")
                                        .build(),
                                new McpSchema.CompleteRequest.CompleteArgument("arg1", "al"))
                        .build()));
        check("progress", () -> {
            client.callTool(CallToolRequest.builder("test_tool_with_progress")
                    .arguments(Map.of())
                    .progressToken("steps")
                    .build());
            happens(allSteps, "the third step");
            return steps.stream().sorted().toList();
        });
        check("a log", () -> {
            client.setLoggingLevel(McpSchema.LoggingLevel.DEBUG);
            call("test_tool_with_logging", Map.of());
            happens(allLogged, "the third line of the log");
            // The SDK hands notices to several threads.
            return logged.stream().sorted().toList();
        });
        check(
                "what the server asks for, at once",
                () -> askedBy("test_input_required_result_multiple_inputs", Map.of()));
        check(
                "what the server asks for, one after the other",
                () -> askedBy("test_input_required_result_multi_round", Map.of()));
        check("sampling in a call", () -> askedBy("test_sampling", Map.of("prompt", "Greet")));
        check("elicitation in a call", () -> askedBy("test_elicitation", Map.of("message", "Who?")));
        check("roots in a call", () -> askedBy("ask_roots", Map.of()));
        check("a notice of a resource", this::notices);
        check("end", client::closeGracefully);
    }

    private List<List<String>> pages() {
        List<List<String>> pages = new ArrayList<>();
        String cursor = null;
        do {
            McpSchema.ListResourcesResult page =
                    cursor == null ? client.listResources("0") : client.listResources(cursor);
            pages.add(page.resources().stream().map(McpSchema.Resource::uri).toList());
            cursor = page.nextCursor();
        } while (cursor != null);
        expect(pages.size() == 3, "the pages are " + pages);
        return pages;
    }

    private @Nullable Object atOnce() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> answers = new ArrayList<>();
            for (int n = 0; n < 40; n++) {
                Map<String, Object> arguments = Map.of("text", "call " + n);
                answers.add(threads.submit(() -> said("echo", arguments)));
            }
            for (int n = 0; n < 40; n++) {
                expect(answers.get(n).get().equals("call " + n), "call " + n + " was answered otherwise");
            }
        }
        return null;
    }

    private Object notices() throws InterruptedException {
        String uri = "test://watched-resource";
        client.subscribeResource(McpSchema.SubscribeRequest.builder(uri).build());
        said("touch", Map.of("uri", uri));
        happens(updated, "the notice of the resource");
        client.unsubscribeResource(McpSchema.UnsubscribeRequest.builder(uri).build());
        said("test_trigger_tool_change", Map.of());
        happens(changed, "the notice of the tools");
        return List.of("updated", "changed");
    }

    private void denials() {
        denied("tool", "secret", () -> call("secret", Map.of()));
        denied("resource", "test://pages/5", () -> read("test://pages/5"));
        denied("prompt", "test_simple_prompt", () -> prompt("test_simple_prompt", Map.of()));
        check("no list shows them", () -> {
            List<String> names = new ArrayList<>();
            client.listTools().tools().forEach(tool -> names.add(tool.name()));
            client.listPrompts().prompts().forEach(prompt -> names.add(prompt.name()));
            client.listResources("4").resources().forEach(resource -> names.add(resource.uri()));
            expect(
                    names.containsAll(List.of("echo", "test_prompt_with_image", "test://pages/4"))
                            && Collections.disjoint(names, List.of("secret", "test_simple_prompt", "test://pages/5")),
                    "the lists show " + names);
            return null;
        });
        check("the rest goes on", () -> said("echo", Map.of("text", "still here")));
    }

    private static void denied(String kind, String name, Supplier<Object> tried) {
        check("a denied " + kind, () -> {
            McpSchema.JSONRPCResponse.JSONRPCError error = refusal(tried).getJsonRpcError();
            expect(error.code() == -31403, "the code is " + error.code());
            expect(error.message().contains(kind + " '" + name + "'"), "the message is " + error.message());
            expect(
                    error.data() instanceof Map<?, ?> data
                            && "policy_denied".equals(data.get("reason"))
                            && name.equals(data.get("name")),
                    "the data are " + error.data());
            return null;
        });
    }
}
