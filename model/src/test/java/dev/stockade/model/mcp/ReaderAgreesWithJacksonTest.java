package dev.stockade.model.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the reader accepts, an ordinary parser reads as the same message. */
class ReaderAgreesWithJacksonTest {
    private static final ObjectMapper JACKSON = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);
    private static final int BODIES = 5000;

    private final McpReader reader = new McpReader(7);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void whatIsAcceptedIsReadTheSame(long seed) throws IOException {
        Random random = new Random(seed);
        int accepted = 0;
        for (int i = 0; i < BODIES; i++) {
            byte[] body = Bodies.mutated(random, Bodies.body(random));
            McpMessage message = reader.read(ByteBuffer.wrap(body));
            if (message instanceof McpMessage.Malformed) {
                continue;
            }
            accepted++;
            JsonNode read = JACKSON.readTree(body);
            switch (message) {
                case McpMessage.Request request -> {
                    assertThat(read.get("method").asText()).isEqualTo(request.method());
                    assertThat(read.get("id").isTextual())
                            .isEqualTo(request.id().text());
                    assertThat(read.get("id").asText()).isEqualTo(request.id().value());
                    targets(read, request);
                }
                case McpMessage.Notification notification -> {
                    assertThat(read.get("method").asText()).isEqualTo(notification.method());
                    assertThat(read.has("id")).isFalse();
                }
                case McpMessage.Response response -> {
                    assertThat(read.has("method")).isFalse();
                    assertThat(read.get("id").asText()).isEqualTo(response.id().value());
                }
                case McpMessage.Malformed malformed -> {}
            }
            if (message instanceof McpMessage.Call call
                    && !call.params().arguments().isEmpty()) {
                JsonNode arguments = JACKSON.readTree(
                        body,
                        call.params().arguments().start(),
                        call.params().arguments().length());
                assertThat(read.at("/params/arguments")).isEqualTo(arguments);
            }
        }
        assertThat(accepted).as("bodies that were accepted, of " + BODIES).isGreaterThan(BODIES / 10);
    }

    private static void targets(JsonNode read, McpMessage.Request request) {
        for (Target target : request.params().targets()) {
            String where = request.known().orElseThrow().subject() == McpMethod.Subject.RESOURCE_URI ? "uri" : "name";
            assertThat(read.get("params").get(where).asText()).isEqualTo(target.name());
        }
    }

    /** Bodies that are honest, nearly honest, or broken. */
    private static final class Bodies {
        private static final String[] METHODS = {
            "tools/call",
            "tools\\/call",
            "t\\u006fols/call",
            "ping",
            "tools/list",
            "resources/read",
            "prompts/get",
            "notifications/progress",
            "nonsense",
            "é",
            "\\ud83d\\ude00"
        };
        private static final String[] KEYS = {
            "\"method\"", "\"Method\"", "\"m\\u0065thod\"", "\"id\"", "\"ID\"", "\"params\"", "\"result\"", "\"x\""
        };
        private static final String[] VALUES = {
            "1",
            "-1",
            "1.5",
            "1e5",
            "1e999",
            "9007199254740993",
            "null",
            "true",
            "\"a\"",
            "\"\\u0000\"",
            "\"\\ud800\"",
            "\"é\\n\"",
            "{}",
            "[]",
            "{\"a\":1}",
            "{\"a\":1,\"a\":2}",
            "[[[]]]",
            "NaN",
            "01",
            "\"tools/call\""
        };

        static byte[] body(Random random) {
            StringBuilder body = new StringBuilder("{");
            body.append(random.nextInt(20) == 0 ? "" : "\"jsonrpc\":\"2.0\",");
            if (random.nextInt(4) != 0) {
                body.append("\"id\":")
                        .append(random.nextInt(3) == 0 ? any(random, VALUES) : random.nextInt())
                        .append(',');
            }
            body.append("\"method\":\"").append(any(random, METHODS)).append('"');
            if (random.nextInt(5) != 0) {
                body.append(",\"params\":{\"name\":").append(random.nextInt(3) == 0 ? any(random, VALUES) : "\"echo\"");
                body.append(",\"uri\":").append(random.nextInt(3) == 0 ? any(random, VALUES) : "\"repo://a/b\"");
                if (random.nextBoolean()) {
                    body.append(",\"arguments\":{\"k\":")
                            .append(any(random, VALUES))
                            .append("}");
                }
                body.append('}');
            }
            if (random.nextInt(4) == 0) {
                body.append(',').append(any(random, KEYS)).append(':').append(any(random, VALUES));
            }
            return body.append('}').toString().getBytes(UTF_8);
        }

        static byte[] mutated(Random random, byte[] honest) {
            byte[] body = honest.clone();
            if (random.nextInt(3) == 0 && body.length > 0) {
                int changes = 1 + random.nextInt(3);
                for (int i = 0; i < changes; i++) {
                    body[random.nextInt(body.length)] = (byte) random.nextInt(256);
                }
            }
            return body;
        }

        private static String any(Random random, String[] texts) {
            return texts[random.nextInt(texts.length)];
        }
    }
}
