package dev.stockade.operator.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class WebhookServerTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String POD = """
            {"metadata":{"name":"app","labels":{"stockade.dev/inject":"true"}},
             "spec":{"unknownToUs":{"keep":1},"containers":[{"name":"app","image":"x"}]}}""";

    private final ServingCertificate certificate = new ServingCertificate();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private Supplier<SidecarTemplate> template = () -> Fixtures.TEMPLATE;
    private final WebhookServer server = WebhookServer.of(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            certificate.keyManager(),
            (namespace, pod) -> Membership.none(),
            () -> template.get(),
            LoneReplica.OTHERS,
            Fixtures.YAML,
            meters);

    @BeforeEach
    void start() {
        server.start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private long counted(String webhook, String answer) {
        return meters.get("stockade.webhook")
                .tags("webhook", webhook, "answer", answer)
                .timer()
                .count();
    }

    private HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        try (HttpClient client =
                HttpClient.newBuilder().sslContext(certificate.trusting()).build()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create(
                                    "https://localhost:" + server.address().getPort() + path))
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    private static String review(String operation, String object) {
        return """
                {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1",
                 "kind":{"group":"","version":"v1","kind":"Pod"},"namespace":"tools","operation":"%s","object":%s}}
                """.formatted(operation, object);
    }

    @Test
    void aLabelledPodIsAnsweredWithAPatch() throws Exception {
        JsonNode response =
                JSON.readTree(post("/inject", review("CREATE", POD)).body()).path("response");

        assertThat(response.path("uid").asText()).isEqualTo("u-1");
        assertThat(response.path("allowed").asBoolean()).isTrue();
        JsonNode patch =
                JSON.readTree(Base64.getDecoder().decode(response.path("patch").asText()));
        assertThat(patch).anySatisfy(op -> {
            assertThat(op.path("op").asText()).isEqualTo("add");
            assertThat(op.path("path").asText()).isEqualTo("/spec/initContainers");
        });
        assertThat(patch.toString()).doesNotContain("unknownToUs");
        assertThat(counted("inject", "patched")).isEqualTo(1);
    }

    @Test
    void aPodWhoseSidecarIsMissingIsRefused() throws Exception {
        JsonNode response = JSON.readTree(
                        post("/validate-pod", review("CREATE", POD)).body())
                .path("response");

        assertThat(response.path("allowed").asBoolean()).isFalse();
        assertThat(response.path("status").path("message").asText())
                .startsWith("Pod tools/app: it belongs to the mesh and has no container");
        assertThat(counted("validate-pod", "denied")).isEqualTo(1);
    }

    @Test
    void anErrorInsideIsARefusalWithASentence() throws Exception {
        template = () -> {
            throw new IllegalStateException("the mesh has no trust bundle yet");
        };

        HttpResponse<String> answer = post("/inject", review("CREATE", POD));

        assertThat(answer.statusCode()).isEqualTo(200);
        JsonNode response = JSON.readTree(answer.body()).path("response");
        assertThat(response.path("allowed").asBoolean()).isFalse();
        assertThat(response.path("status").path("message").asText())
                .contains("the mesh has no trust bundle yet.")
                .doesNotContain("Exception");
        assertThat(counted("inject", "failed")).isEqualTo(1);
    }

    @Test
    void aPodThatCannotBeReadIsRefused() throws Exception {
        JsonNode response = JSON.readTree(post("/inject", review("CREATE", "{\"spec\":{\"containers\":3}}"))
                        .body())
                .path("response");

        assertThat(response.path("allowed").asBoolean()).isFalse();
    }

    @Test
    void whatIsNoReviewIsABadRequest() throws Exception {
        assertThat(post("/inject", "{").statusCode()).isEqualTo(400);
        assertThat(post("/inject", "{\"kind\":\"Pod\"}").statusCode()).isEqualTo(400);
        assertThat(post("/inject", review("CREATE", POD) + "{}").statusCode()).isEqualTo(400);
        assertThat(post("/inject/more", review("CREATE", POD)).statusCode()).isEqualTo(404);
        assertThat(post("/", "").statusCode()).isEqualTo(404);
    }

    @Test
    void aBodyThatIsTooLargeIsNotRead() throws Exception {
        String huge = new String(new byte[Intake.LARGEST + 1], StandardCharsets.US_ASCII);

        assertThat(post("/inject", huge).statusCode()).isEqualTo(413);
    }

    @Test
    void aRenewedCertificateIsServedWithoutARestart() throws Exception {
        post("/inject", review("CREATE", POD));

        certificate.renew();

        assertThat(post("/inject", review("CREATE", POD)).statusCode()).isEqualTo(200);
    }

    /** The API server would otherwise send its next review on a connection that is about to be closed. */
    @Test
    void whileItDrainsItAnswersAndEndsEachConnection() throws Exception {
        assertThat(post("/inject", review("CREATE", POD)).headers().firstValue("Connection"))
                .isEmpty();

        server.drain();

        HttpResponse<String> answer = post("/inject", review("CREATE", POD));
        assertThat(answer.headers().firstValue("Connection")).hasValue("close");
        assertThat(answer.body()).contains("JSONPatch");
        assertThat(post("/inject", "{").headers().firstValue("Connection")).hasValue("close");
        assertThat(post("/inject", review("CREATE", POD)).statusCode()).isEqualTo(200);
    }

    /** A body of a megabyte, of which so many bytes come, and no more. */
    private Socket stalled(String from, int sent) throws IOException {
        Socket socket = certificate.trusting().getSocketFactory().createSocket();
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
        socket.connect(server.address());
        OutputStream out = socket.getOutputStream();
        out.write("POST /validate-pod HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048576\r\n\r\n"
                .getBytes(StandardCharsets.US_ASCII));
        out.write(new byte[sent]);
        out.flush();
        return socket;
    }

    /** Whoever reaches the port may begin as many requests as it likes, and send nothing more. */
    @Test
    @Timeout(60)
    void whoeverSendsSlowlyHoldsUpNobodyElse() throws Exception {
        List<Socket> stalled = new ArrayList<>();
        try {
            for (int i = 0; i < 100; i++) {
                stalled.add(stalled("127.0.7." + (1 + i % 5), i % 2 == 0 ? 10 : Intake.SMALL + 10));
            }

            for (int i = 0; i < 5; i++) {
                assertThat(post("/inject", review("CREATE", POD)).body()).contains("JSONPatch");
            }
        } finally {
            for (Socket socket : stalled) {
                socket.close();
            }
        }
        // and once they are gone, large ones have their place again
        String note = "n".repeat(2 * Intake.SMALL);
        String large = POD.replace(
                "\"name\":\"app\",\"labels\"",
                "\"name\":\"app\",\"annotations\":{\"note\":\"" + note + "\"},\"labels\"");
        assertThat(large).contains(note);
        assertThat(post("/inject", review("CREATE", large)).body()).contains("JSONPatch");
    }

    @Test
    void whatWouldBeHundredsOfMegabytesInMemoryIsRefused() throws Exception {
        String many = "{\"metadata\":{\"name\":\"app\"},\"x\":[" + "[],".repeat(1_000_000) + "[]]}";

        HttpResponse<String> answer = post("/inject", review("CREATE", many));

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("Token count");
    }
}
