package dev.stockade.operator.isolation;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.Test;

class OwnDialerTest {
    private final OwnDialer dialer = new OwnDialer();

    @Test
    void aConnectionThatOpensIsClosedWithoutAByte() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(dialer.dial(new Target("127.0.0.1", server.getLocalPort())))
                    .isEqualTo(Outcome.OPEN);
            try (Socket accepted = server.accept()) {
                assertThat(accepted.getInputStream().read())
                        .as("the end, and nothing before it")
                        .isEqualTo(-1);
            }
        }
    }

    @Test
    void aPortWhereNothingListensIsRefused() throws Exception {
        int port;
        try (ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = gone.getLocalPort();
        }

        assertThat(dialer.dial(new Target("127.0.0.1", port))).isEqualTo(Outcome.REFUSED);
    }

    @Test
    void aNameIsNeverLookedUp() {
        assertThat(dialer.dial(new Target("localhost", 1))).isEqualTo(Outcome.UNREACHABLE);
    }
}
