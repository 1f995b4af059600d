package dev.stockade.sidecar.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.sidecar.fixture.Tunnel;
import dev.stockade.sidecar.fixture.WireAnswer;
import dev.stockade.sidecar.fixture.WirePair;
import dev.stockade.sidecar.fixture.WireServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** One pair of sidecars for all tests of a class. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class OverTheWire {
    private static final ObjectMapper JSON = new ObjectMapper();

    WirePair pair;

    @BeforeAll
    void start(@TempDir Path dir) {
        pair = new WirePair(dir);
    }

    @BeforeEach
    void forget() {
        pair.server().reset();
    }

    @AfterAll
    void stop() {
        pair.close();
    }

    static String call(String id, String params) {
        return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"tools/call\",\"params\":" + params + "}";
    }

    /** A call of a tool that is granted. */
    static String echo(int id) {
        return call(Integer.toString(id), "{\"name\":\"echo\",\"arguments\":{}}");
    }

    static String request(int id, String method, String params) {
        return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"" + method + "\",\"params\":" + params + "}";
    }

    static String notification(String method, String params) {
        return "{\"jsonrpc\":\"2.0\",\"method\":\"" + method + "\",\"params\":" + params + "}";
    }

    static JsonNode json(String text) {
        try {
            return JSON.readTree(text.getBytes(StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw new AssertionError("no JSON: " + text, e);
        }
    }

    /** The bodies that the server has been sent, after a last honest one, so that nothing is still on its way. */
    List<String> seenByTheServer() {
        String last = echo(987_654);
        assertThat(pair.tunnelled(WirePair.post(last)).status()).isEqualTo(200);
        List<String> bodies =
                pair.server().received().stream().map(WireServer.Received::body).toList();
        assertThat(bodies).endsWith(last);
        pair.server().received().clear();
        return bodies.subList(0, bodies.size() - 1);
    }

    /** Sends the bytes to the server's sidecar, which refuses them, and the server never hears of it. */
    WireAnswer refused(String bytes, int status, String reason) {
        int before = pair.audited().size();
        WireAnswer answer = pair.tunnelled(bytes);

        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
        assertThat(seenByTheServer()).isEmpty();
        await().untilAsserted(() -> assertThat(pair.audited().stream().skip(before))
                .anyMatch(line ->
                        line.contains("\"decision\":\"deny\"") && line.contains("\"reason\":\"" + reason + "\"")));
        return answer;
    }

    /** Opens a session of the server's on a stream, and returns its id as the agent knows it. */
    String open(Tunnel tunnel, String serversId) {
        pair.server()
                .answers("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nMcp-Session-Id: " + serversId
                        + "\r\nContent-Length: 38\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{}}  ");
        tunnel.send(WirePair.post(request(0, "initialize", "{}")));
        WireAnswer answer = tunnel.answer();
        assertThat(answer.status()).isEqualTo(200);
        pair.server().reset();
        return answer.fields("Mcp-Session-Id").getFirst();
    }
}
