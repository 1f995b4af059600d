package dev.stockade.sidecar.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.sidecar.fixture.Tunnel;
import dev.stockade.sidecar.fixture.WireAnswer;
import dev.stockade.sidecar.fixture.WirePair;
import dev.stockade.sidecar.fixture.WireServer;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The table of methods of both generations, from the wire: what reaches the server, what does not, and what comes back. */
class EveryMethodTest extends OverTheWire {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "initialize | {\"protocolVersion\":\"2025-11-25\"}",
                "ping | {}",
                "server/discover | {}",
                "logging/setLevel | {\"level\":\"info\"}",
                "tools/list | {\"cursor\":\"c\"}",
                "resources/list | {}",
                "resources/templates/list | {}",
                "prompts/list | {}",
                "tools/call | {\"name\":\"get_issue\"}",
                "prompts/get | {\"name\":\"greet\"}",
                "resources/read | {\"uri\":\"repo://acme/x\"}",
                "resources/subscribe | {\"uri\":\"repo://acme/x\"}",
                "resources/unsubscribe | {\"uri\":\"repo://acme/x\"}",
                "completion/complete | {\"ref\":{\"type\":\"ref/prompt\",\"name\":\"greet\"},\"argument\":{\"name\":\"a\",\"value\":\"b\"}}",
                "completion/complete | {\"ref\":{\"type\":\"ref/resource\",\"uri\":\"repo://acme/{x}\"}}",
                "subscriptions/listen | {\"notifications\":{\"toolsListChanged\":true,\"resourceSubscriptions\":[\"repo://acme/x\"]}}",
                "subscriptions/listen | {\"notifications\":{}}",
            })
    void whatIsAllowedReachesTheServer(String method, String params) {
        String body = request(5, method, params);

        assertThat(pair.tunnelled(WirePair.post(body)).status()).isEqualTo(200);
        assertThat(seenByTheServer()).containsExactly(body);
    }

    @ParameterizedTest
    @ValueSource(strings = {"notifications/initialized", "notifications/roots/list_changed"})
    void noticesOfAnAgentsOwnStatePass(String method) {
        String body = notification(method, "{}");

        assertThat(pair.tunnelled(WirePair.post(body)).status()).isEqualTo(202);
        assertThat(seenByTheServer()).containsExactly(body);
    }

    /** Without a session the id could be that of another agent's request. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "notifications/cancelled | {\"requestId\":5}",
                "notifications/progress | {\"progressToken\":5,\"progress\":1}",
            })
    void noticesAboutAnIdPassInTheSessionThatItBelongsTo(String method, String params) {
        String body = notification(method, params);
        try (Tunnel tunnel = pair.tunnel()) {
            String session = open(tunnel, "noticing");
            tunnel.send(WirePair.post(body, "Mcp-Session-Id: " + session));
            assertThat(tunnel.answer().status()).isEqualTo(202);
            assertThat(seenByTheServer()).containsExactly(body);

            tunnel.send(WirePair.post(body));
            assertThat(tunnel.answer().status()).isEqualTo(202);
            assertThat(seenByTheServer()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "resources/list_changed",
                "tools",
                "tools/call2",
                "prompts/delete",
                "roots/list",
                "elicitation/create",
                "sampling/createMessage",
                "server/shutdown",
                "completion/Complete",
                "\\u0000",
                "tools/call\\u0000",
                "tools/\\u0441all"
            })
    void everythingElseIsDenied(String method) {
        WireAnswer answer =
                pair.tunnelled(WirePair.post(request(5, method, "{\"name\":\"echo\",\"uri\":\"repo://acme/x\"}")));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(json(answer.body()).at("/error/code").asInt()).isEqualTo(-31403);
        assertThat(json(answer.body()).get("id").asInt()).isEqualTo(5);
        assertThat(seenByTheServer()).isEmpty();
    }

    @Test
    void anAnswerThatNobodyAskedForIsDropped() {
        assertThat(pair.tunnelled(WirePair.post("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"))
                        .status())
                .isEqualTo(202);
        assertThat(pair.tunnelled(WirePair.post(
                                "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1,\"message\":\"x\"}}"))
                        .status())
                .isEqualTo(202);
        assertThat(seenByTheServer()).isEmpty();
    }

    // --- from the server ---

    private String passed(String event) {
        pair.server()
                .answers(WireServer.events(
                        "data: " + event + "\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}\n\n"));
        return pair.tunnelled(WirePair.post(echo(5))).body();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "notifications/progress | {\"progressToken\":1,\"progress\":1}",
                "notifications/message | {\"level\":\"info\",\"data\":\"x\"}",
                "notifications/cancelled | {\"requestId\":1}",
                "notifications/tools/list_changed | {}",
                "notifications/resources/list_changed | {}",
                "notifications/prompts/list_changed | {}",
                "notifications/subscriptions/acknowledged | {}",
                "notifications/resources/updated | {\"uri\":\"repo://acme/x\"}",
            })
    void noticesOfAServerThatPass(String method, String params) {
        assertThat(passed(notification(method, params))).contains(notification(method, params));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "notifications/resources/updated | {\"uri\":\"repo://other/x\"}",
                "notifications/resources/updated | {\"uri\":\"repo://acme/../other\"}",
                "notifications/resources/updated | {\"URI2\":\"repo://acme/x\"}",
                "notifications/resources/updated | {\"uri\":{\"x\":\"repo://acme/x\"}}",
                "notifications/resources/updated | []",
                "notifications/unheard | {}",
                "notifications/elicitation/complete | {}",
                "Notifications/message | {}",
            })
    void noticesOfAServerThatDoNot(String method, String params) {
        assertThat(passed(notification(method, params)))
                .isEqualTo("data: {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}\n\n");
    }

    @Test
    void aServerMayPing() {
        assertThat(passed(request(1, "ping", "{}"))).contains(request(1, "ping", "{}"));
    }

    /** What a tool links to or embeds is shown only where the agent could read it by a request of its own. */
    @Test
    void linksAndEmbeddedResourcesInAResultAreDecidedLikeReadingWhatTheyName() {
        String result =
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"content\":[{\"type\":\"resource_link\",\"uri\":\"repo://other/x\","
                        + "\"name\":\"x\"},{\"type\":\"resource\",\"resource\":{\"uri\":\"repo://other/y\",\"text\":\"t\"}}]}}";
        pair.server().answers(WireServer.http(200, "application/json", result));
        JsonNode content = json(pair.tunnelled(WirePair.post(echo(5))).body()).at("/result/content");
        assertThat(content).hasSize(2).allSatisfy(block -> {
            assertThat(block.path("type").asText()).isEqualTo("text");
            assertThat(block.toString()).doesNotContain("repo://other").doesNotContain("\"t\"");
        });
        pair.server().reset();

        WireAnswer read = pair.tunnelled(WirePair.post(request(6, "resources/read", "{\"uri\":\"repo://other/x\"}")));

        assertThat(json(read.body()).at("/error/code").asInt()).isEqualTo(-31403);
        assertThat(seenByTheServer()).isEmpty();
    }

    /** Modern requests carry their version themselves; cancelling is closing the stream. */
    @Test
    void aModernConversationNeedsNoSessionAndIsCancelledByClosing() throws Exception {
        String meta = "{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}}";
        assertThat(pair.tunnelled(WirePair.post(
                                request(1, "server/discover", meta),
                                "MCP-Protocol-Version: 2026-07-28",
                                "Mcp-Method: server/discover"))
                        .status())
                .isEqualTo(200);
        CountDownLatch closed = new CountDownLatch(1);
        pair.server().script((request, out) -> {
            out.write(WireServer.events(": listening\n\n").getBytes(ISO_8859_1));
            try {
                while (true) {
                    out.write(": still\n\n".getBytes(ISO_8859_1));
                    out.flush();
                }
            } finally {
                closed.countDown();
            }
        });
        try (Tunnel tunnel = pair.tunnel()) {
            tunnel.send(WirePair.post(
                    request(2, "subscriptions/listen", "{\"notifications\":{\"toolsListChanged\":true}}")));
            tunnel.awaitText("still");
        }
        closed.await();
    }

    /** The first version that had batches was also the last: none is taken from anybody, whatever version it claims. */
    @ParameterizedTest
    @ValueSource(strings = {"2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"})
    void batchesAreRefusedInEveryVersion(String version) {
        refused(WirePair.post("[" + echo(1) + "]", "MCP-Protocol-Version: " + version), 400, "malformed");
    }
}
