package dev.stockade.operator.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HealthServerTest {
    private volatile List<String> missing = List.of();
    private final HealthServer server;

    HealthServerTest() throws Exception {
        server = new HealthServer(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), () -> missing, () -> "up 1\n");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpResponse<String> ask(String method, String path) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create(
                                    "http://127.0.0.1:" + server.address().getPort() + path))
                            .method(method, HttpRequest.BodyPublishers.noBody())
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    @Test
    void itIsReadyWhenNothingIsMissing() throws Exception {
        assertThat(ask("GET", "/healthz/ready").statusCode()).isEqualTo(200);
        assertThat(ask("GET", "/metrics").body()).isEqualTo("up 1\n");
    }

    @Test
    void whatIsMissingIsSaidAndDoesNotCountAgainstItsLife() throws Exception {
        missing = List.of("MeshTrust default does not exist.");
        HttpResponse<String> ready = ask("GET", "/healthz/ready");
        assertThat(ready.statusCode()).isEqualTo(503);
        assertThat(ready.body()).isEqualTo("MeshTrust default does not exist.\n");
        assertThat(ask("GET", "/healthz/live").statusCode()).isEqualTo(200);
    }

    @Test
    void nothingElseIsServedAndNothingCanBeChanged() throws Exception {
        assertThat(ask("GET", "/metrics/x").statusCode()).isEqualTo(404);
        assertThat(ask("POST", "/metrics").statusCode()).isEqualTo(405);
    }
}
