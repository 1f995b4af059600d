package dev.stockade.sidecar.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.sidecar.fixture.Tunnel;
import dev.stockade.sidecar.fixture.WireAnswer;
import dev.stockade.sidecar.fixture.WirePair;
import dev.stockade.sidecar.fixture.WireServer;
import dev.stockade.wire.control.v1.Rule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A refusal that an SDK understands: the error of the request that waits, with its id, and no status by which a client logs in
 * anew, starts a session anew or waits until its timeout.
 */
class DenialsKeepClientsAliveTest extends OverTheWire {
    private static final String DENIED = "{\"name\":\"delete_repo\"}";

    private JsonNode denied(WireAnswer answer) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        assertThat(answer.fields("Content-Type")).containsExactly("application/json");
        assertThat(answer.fields("Connection")).isEmpty();
        return json(answer.body());
    }

    @Test
    void aDenialIsOfExactlyThisForm() {
        WireAnswer answer = pair.tunnelled(WirePair.post(call("5", DENIED)));

        String auditId = denied(answer).at("/error/data/auditId").asText();
        assertThat(answer.body())
                .isEqualTo(
                        "{\"jsonrpc\":\"2.0\",\"id\":5,\"error\":{\"code\":-31403,\"message\":\"denied by policy: tool"
                                + " 'delete_repo' is not allowed for this workload\",\"data\":{\"reason\":\"policy_denied\","
                                + "\"kind\":\"tool\",\"name\":\"delete_repo\",\"auditId\":\"" + auditId + "\"}}}");
        await().untilAsserted(
                        () -> assertThat(pair.audited()).anyMatch(line -> line.contains("\"id\":\"" + auditId + "\"")));
        assertThat(seenByTheServer()).isEmpty();
    }

    /** The same through both sidecars: what the agent's program reads. */
    @Test
    void theAgentsProgramReadsTheSame() throws Exception {
        JsonNode error = denied(pair.programmed(pair.localPost(call("\"a\"", DENIED))));

        assertThat(error.get("id").isTextual()).isTrue();
        assertThat(error.at("/error/code").asInt()).isEqualTo(-31403);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "-7",
                "9007199254740992",
                "\"\"",
                "\"5\"",
                "\"a\\u0062\\\"\\\\\"",
                "\"\\u2028\"",
                "\"\\ud83d\\ude00\""
            })
    void theIdComesBackAsItCame(String id) {
        assertThat(denied(pair.tunnelled(WirePair.post(call(id, DENIED)))).get("id"))
                .isEqualTo(json("[" + id + "]").get(0));
        assertThat(pair.tunnelled(WirePair.post(call(id, DENIED))).body()).contains("\"id\":" + id + ",");
    }

    /** Nor by what the server would say, nor by how long it takes: it is not asked. */
    @Test
    void aDeniedToolAndOneThatDoesNotExistCannotBeToldApart() {
        pair.server().script((request, out) -> {
            throw new AssertionError("the server was asked");
        });
        String denied = pair.tunnelled(WirePair.post(call("5", DENIED))).body();
        String missing = pair.tunnelled(WirePair.post(call("5", "{\"name\":\"no_such_tl\"}")))
                .body();

        assertThat(pair.server().received()).isEmpty();
        assertThat(missing.replace("no_such_tl", "delete_repo").replaceAll("auditId.*", ""))
                .isEqualTo(denied.replaceAll("auditId.*", ""));
    }

    @Test
    void inASessionADenialIsTheSame() {
        try (Tunnel tunnel = pair.tunnel()) {
            String session = open(tunnel, "denials");
            tunnel.send(WirePair.post(call("5", DENIED), "Mcp-Session-Id: " + session));
            assertThat(denied(tunnel.answer()).at("/error/code").asInt()).isEqualTo(-31403);
            tunnel.send(WirePair.post(echo(6), "Mcp-Session-Id: " + session));
            assertThat(tunnel.answer().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tools/call | {\"name\":\"delete_repo\"} | tool | delete_repo",
                "prompts/get | {\"name\":\"other\"} | prompt | other",
                "resources/read | {\"uri\":\"repo://other/x\"} | resource | repo://other/x",
                "resources/subscribe | {\"uri\":\"repo://other/x\"} | resource | repo://other/x",
                "resources/unsubscribe | {\"uri\":\"repo://other/x\"} | resource | repo://other/x",
                "completion/complete | {\"ref\":{\"type\":\"ref/prompt\",\"name\":\"other\"}} | prompt | other",
                "completion/complete | {\"ref\":{\"type\":\"ref/resource\",\"uri\":\"repo://other/{x}\"}} | resource | repo://other/{x}",
                "subscriptions/listen | {\"notifications\":{\"resourceSubscriptions\":[\"repo://acme/x\",\"repo://other/x\"]}} | resource | repo://other/x",
            })
    void theErrorNamesWhatWasDenied(String method, String params, String kind, String name) {
        JsonNode error = denied(pair.tunnelled(WirePair.post(request(5, method, params))));

        assertThat(error.at("/error/code").asInt()).isEqualTo(-31403);
        assertThat(error.at("/error/data/kind").asText()).isEqualTo(kind);
        assertThat(error.at("/error/data/name").asText()).isEqualTo(name);
        assertThat(error.at("/error/data/reason").asText()).isEqualTo("policy_denied");
        assertThat(seenByTheServer()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"rpc.discover", "Tools/call", "tools/call/", "tools/CALL", "sampling/createMessage", "x", ""})
    void aMethodThatIsNotInTheTableIsDeniedByName(String method) {
        JsonNode error = denied(pair.tunnelled(WirePair.post(request(5, method, "{\"name\":\"echo\"}"))));

        assertThat(error.at("/error/code").asInt()).isEqualTo(-31403);
        assertThat(error.at("/error/message").asText()).contains("'" + method + "'");
        assertThat(seenByTheServer()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"notifications/unheard", "notifications/message", "notifications/resources/updated", "x"})
    void aDeniedNotificationIsAcceptedDroppedAndRecorded(String method) {
        int before = pair.audited().size();

        WireAnswer answer = pair.tunnelled(WirePair.post(notification(method, "{}")));

        assertThat(answer.status()).isEqualTo(202);
        assertThat(answer.body()).isEmpty();
        assertThat(answer.fields("Content-Type")).isEmpty();
        assertThat(seenByTheServer()).isEmpty();
        await().untilAsserted(() -> assertThat(pair.audited().stream().skip(before))
                .anyMatch(line -> line.contains("\"method\":\"" + method + "\"") && line.contains("\"deny\"")));
    }

    @Test
    void theWholeServerDeniedIsForbidden() {
        pair.allow(Rule.newBuilder());
        try {
            WireAnswer answer = pair.tunnelled(WirePair.post(echo(5)));

            assertThat(answer.status()).isIn(401, 403);
            assertThat(seenNothing()).isTrue();
        } finally {
            pair.allow(WirePair.defaultRule());
        }
    }

    private boolean seenNothing() {
        return pair.server().received().isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/call\",\"params\":{}} | 5",
                "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"tools/call\",\"params\":[]} | \"a\"",
                "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"} | ",
                "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"} | ",
                "{ | ",
            })
    void whatIsMalformedIs400WithTheIdWhereThereIsOneAndNeverWithNull(String body, String id) {
        JsonNode error = json(refused(WirePair.post(body), 400, "malformed").body());

        assertThat(error.at("/error/code").asInt()).isEqualTo(-32600);
        assertThat(error.has("id")).isEqualTo(id != null);
        if (id != null) {
            assertThat(error.get("id")).isEqualTo(json("[" + id + "]").get(0));
        }
    }

    @Test
    void aBodyOverTheLimitIs413() {
        WireAnswer announced = refused(
                WirePair.post("").replace("Content-Length: 0", "Content-Length: " + (WirePair.REQUEST_BYTES + 1)),
                413,
                "limit");
        assertThat(announced.fields("Connection")).containsExactly("close");
        assertThat(json(announced.body()).at("/error/code").asInt()).isEqualTo(-31400);

        String fits = call("5", "{\"name\":\"echo\",\"x\":\"" + "y".repeat(WirePair.REQUEST_BYTES - 78) + "\"}");
        assertThat(fits.length()).isEqualTo(WirePair.REQUEST_BYTES);
        assertThat(pair.tunnelled(WirePair.post(fits)).status()).isEqualTo(200);
        pair.server().reset();
        refused(WirePair.post(fits + " "), 413, "limit");
    }

    /** A stream that breaks tells the request's fate in a last event, with its id. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ": comment\n\n",
                "data: {\"half",
                "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{}}\n\n",
                "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{}}\r\n\r\ndata: x",
                "data: not JSON\n\n",
                "data: [" + "]\n\n",
                "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":5}\n\n"
            })
    void aStreamThatBreaksEndsWithTheErrorOfTheRequestThatWaits(String events) {
        pair.server().answers(WireServer.events(events));

        WireAnswer answer = pair.tunnelled(WirePair.post(call("\"w\"", "{\"name\":\"echo\"}")));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.whole()).isTrue();
        assertThat(answer.body()).endsWith("\n\n").doesNotContain("half", "not JSON");
        String last = answer.body().substring(answer.body().lastIndexOf("event: message\ndata: "));
        JsonNode error = json(last.substring("event: message\ndata: ".length()));
        assertThat(error.get("id").asText()).isEqualTo("w");
        assertThat(error.at("/error/code").asInt()).isEqualTo(-31502);
    }

    /** One SDK takes -32001 for a timeout of its own; what JSON-RPC and MCP keep for themselves says something else. */
    @Test
    void noCodeOfTheMeshsOwnIsAnybodyElses() {
        for (String body : new String[] {call("5", DENIED), request(5, "x", "{}")}) {
            int code = json(pair.tunnelled(WirePair.post(body)).body())
                    .at("/error/code")
                    .asInt();
            assertThat(code).isGreaterThan(-32000);
        }
    }
}
