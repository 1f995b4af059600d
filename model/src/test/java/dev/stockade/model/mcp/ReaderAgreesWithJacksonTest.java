package dev.stockade.model.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Base64;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the reader accepts, an ordinary parser reads as the same message. */
class ReaderAgreesWithJacksonTest {
    private static final int BODIES = 5000;

    private final McpReader reader = new McpReader(7);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void whatIsAcceptedIsReadTheSame(long seed) {
        HostileBodies bodies = new HostileBodies(seed);
        int accepted = 0;
        for (int i = 0; i < BODIES; i++) {
            byte[] body = bodies.next();
            McpMessage message = reader.read(ByteBuffer.wrap(body));
            if (!(message instanceof McpMessage.Malformed)) {
                accepted++;
                assertThat(WholeReading.disagreement(body, message))
                        .as(() -> Base64.getEncoder().encodeToString(body))
                        .isEmpty();
            }
        }
        assertThat(accepted).as("bodies that were accepted, of " + BODIES).isBetween(BODIES / 4, BODIES * 3 / 4);
    }
}
