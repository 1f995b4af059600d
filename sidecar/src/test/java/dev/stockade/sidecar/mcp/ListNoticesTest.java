package dev.stockade.sidecar.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Set;
import java.util.concurrent.SynchronousQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An agent whose rules change is told that its lists have changed, where the server would tell it. */
class ListNoticesTest {
    private static final String OPEN = ": open\n\n";
    private static final String END = "";
    private static final String TOOLS =
            "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":" + "\"notifications/tools/list_changed\"}\n\n";
    private static final String RESOURCES = TOOLS.replace("tools", "resources");
    private static final String LISTEN =
            "{\"jsonrpc\":\"2.0\",\"id\":\"s\\u0031\",\"method\":\"subscriptions/listen\",\"params\":"
                    + "{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"},\"notifications\":"
                    + "{\"toolsListChanged\":true,\"promptsListChanged\":true}}}";

    private final SynchronousQueue<String> events = new SynchronousQueue<>();
    private Rig rig;
    private String capabilities =
            "{\"tools\":{\"listChanged\":true},\"resources\":{\"listChanged\":true},\"prompts\":{}}";

    @BeforeEach
    void start() throws Exception {
        rig = new Rig();
        rig.handler.set(this::serve);
    }

    @AfterEach
    void stop() {
        // What a failed test has left open does not hold it up.
        rig.http.shutdownNow();
        rig.close();
    }

    private void serve(HttpExchange exchange, String body) throws IOException {
        if (body.contains("\"initialize\"")) {
            exchange.getResponseHeaders().set("Mcp-Session-Id", "s1");
            String result = "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{\"capabilities\":" + capabilities + "}}";
            if (exchange.getRequestHeaders().containsKey("X-Events")) {
                Rig.answer(exchange, 200, "text/event-stream", "data: " + result + "\n\n");
            } else {
                Rig.answer(exchange, 200, "application/json", result);
            }
        } else if (exchange.getRequestMethod().equals("GET") || body.contains("subscriptions/listen")) {
            stream(exchange);
        } else {
            Rig.echo(exchange, body);
        }
    }

    /** Sends what the test puts, until that is nothing. */
    private void stream(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().write(OPEN.getBytes(UTF_8));
        exchange.getResponseBody().flush();
        try {
            for (String event = events.take(); !event.equals(END); event = events.take()) {
                exchange.getResponseBody().write(event.getBytes(UTF_8));
                exchange.getResponseBody().flush();
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        exchange.close();
    }

    private String initialize(String... headers) throws Exception {
        HttpRequest.Builder request = rig.request();
        if (headers.length > 0) {
            request.headers(headers);
        }
        HttpResponse<String> answer = rig.http.send(
                request.POST(HttpRequest.BodyPublishers.ofString(
                                "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{}}"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        return answer.headers().firstValue("Mcp-Session-Id").orElseThrow();
    }

    private InputStream get(String session) throws Exception {
        InputStream in = stream(session);
        expect(in, OPEN);
        return in;
    }

    private InputStream stream(String session) throws Exception {
        return rig.http
                .send(
                        rig.request().header("Mcp-Session-Id", session).GET().build(),
                        HttpResponse.BodyHandlers.ofInputStream())
                .body();
    }

    private void tools(String... names) {
        rig.allow(Rig.rule(List.of(names), List.of("repo://acme/*"), List.of("greet"), Set.of()));
    }

    private static void expect(InputStream in, String text) throws IOException {
        assertThat(new String(in.readNBytes(text.length()), UTF_8)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theStreamOfASessionTellsWhichListsHaveChanged(boolean initializedByEvents) throws Exception {
        // Given a session of a server that declares listChanged, and its stream
        InputStream in = get(initializedByEvents ? initialize("X-Events", "1") : initialize());
        events.put("id: 7\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}\n\n");
        expect(in, "id: 7\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}\n\n");

        // When the rules on tools change, and then those on resources
        tools("echo");
        expect(in, TOOLS);
        rig.allow(Rig.rule(List.of("echo"), List.of("repo://*"), List.of("greet"), Set.of()));
        expect(in, RESOURCES);

        // Then the server's events go on, and nothing else was said
        events.put(": the end\n\n");
        events.put(END);
        assertThat(new String(in.readAllBytes(), UTF_8)).isEqualTo(": the end\n\n");
    }

    @Test
    void nothingIsToldOfWhatTheAgentCannotTellApart() throws Exception {
        InputStream in = get(initialize());

        // When rules are put in force that are the same, and such whose lists the server would not tell of
        rig.allow(
                Rig.rule(List.of("get_*"), List.of("repo://acme/*"), List.of("greet"), Set.of()),
                Rig.rule(List.of("echo"), List.of(), List.of(), Set.of()));
        rig.allow(Rig.rule(List.of("get_*", "echo"), List.of("repo://acme/*"), List.of("other"), Set.of()));
        tools("last");

        // Then the first thing that is told is of the last change
        expect(in, TOOLS);
        events.put(END);
        assertThat(in.readAllBytes()).isEmpty();
    }

    @Test
    void aServerThatDoesNotDeclareItIsNotSpokenFor() throws Exception {
        capabilities = "{\"tools\":{},\"resources\":{\"subscribe\":true}}";
        InputStream in = get(initialize());

        tools("other");

        events.put(": quiet\n\n");
        events.put(END);
        assertThat(new String(in.readAllBytes(), UTF_8)).isEqualTo(": quiet\n\n");
    }

    @Test
    void whatChangedWhileNoStreamWasOpenIsToldOnTheNextAndOnOneAlone() throws Exception {
        String session = initialize();
        tools("a");
        tools("b");

        InputStream first = stream(session);
        expect(first, TOOLS + OPEN);
        InputStream second = get(session);
        tools("c");
        events.put(": one\n\n");
        events.put(": two\n\n");
        events.put(END);
        events.put(END);

        String both = new String(first.readAllBytes(), UTF_8) + new String(second.readAllBytes(), UTF_8);
        assertThat(both.split(java.util.regex.Pattern.quote(TOOLS), -1))
                .as(both)
                .hasSize(2);
    }

    @Test
    void aNoticeNeverStandsInsideOfAnEvent() throws Exception {
        InputStream in = get(initialize());
        String event =
                "id: 9\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"data\":1}}\n\n";
        events.put(event + "id: 10\ndata: {\"jsonrpc\":");
        expect(in, event);

        tools("echo");
        expect(in, TOOLS);

        events.put("\"2.0\",\"method\":\"notifications/message\"}\n\n");
        events.put(END);
        assertThat(new String(in.readAllBytes(), UTF_8))
                .isEqualTo("id: 10\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}\n\n");
    }

    @Test
    void aSubscriptionIsToldByItsIdOfWhatTheServerAgreedToAndOnlyThen() throws Exception {
        // Given a subscription that is not acknowledged yet
        var answer = rig.http.sendAsync(
                rig.request().POST(HttpRequest.BodyPublishers.ofString(LISTEN)).build(),
                HttpResponse.BodyHandlers.ofInputStream());
        InputStream in = answer.get().body();
        expect(in, OPEN);
        tools("too early");

        // When it is, for tools alone
        String acknowledged =
                "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":"
                        + "{\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":\"s1\"},\"notifications\":{\"toolsListChanged\":true}}}\n\n";
        events.put(acknowledged);
        expect(in, acknowledged);
        rig.allow(Rig.rule(List.of("echo"), List.of("repo://*"), List.of("other"), Set.of()));

        // Then the agent is told of tools, with the id of its subscription
        expect(
                in,
                "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\",\"params\":"
                        + "{\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":\"s\\u0031\"}}}\n\n");

        // And of nothing once the server has ended it
        String result = "data: {\"jsonrpc\":\"2.0\",\"id\":\"s1\",\"result\":{\"resultType\":\"complete\"}}\n\n";
        events.put(result);
        expect(in, result);
        tools("late");
        events.put(END);
        assertThat(in.readAllBytes()).isEmpty();
    }

    @Test
    void observingTheServerShowsTheAgentEverything() throws Exception {
        InputStream in = get(initialize());

        rig.observe = true;
        tools("echo");

        expect(in, TOOLS + RESOURCES);
        events.put(END);
        assertThat(in.readAllBytes()).isEmpty();
    }
}
