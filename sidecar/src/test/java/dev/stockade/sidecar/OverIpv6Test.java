package dev.stockade.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.sidecar.fixture.TwoPods;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pods whose addresses are of IPv6, or of both families: here those of loopback, since there is no cluster of IPv6. */
class OverIpv6Test {
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                // status.podIPs; the address that the agent is given
                "::1; ::1",
                "127.0.0.2,::1; ::1",
                "::1,127.0.0.2; 127.0.0.2",
                "::1; 0:0:0:0:0:0:0:1"
            })
    void aCallCrossesTheMesh(String addresses, String dialled, @TempDir Path dir) {
        try (TwoPods pods = new TwoPods(dir, addresses, dialled)) {
            HttpResponse<String> answer = pods.mesh().call(pods.agent(), "/tools/github", "hello");

            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("github:hello");
        }
    }

    @Test
    void probesAndTheTunnelListenAtEveryAddressOfThePod(@TempDir Path dir) throws Exception {
        try (TwoPods pods = new TwoPods(dir, "127.0.0.2,::1", "::1")) {
            Mesh.Pod server = pods.server();
            for (String address : new String[] {"127.0.0.2", "::1"}) {
                for (int port : new int[] {server.healthPort(), pods.mesh().meshPort()}) {
                    try (Socket socket = new Socket()) {
                        socket.connect(new InetSocketAddress(address, port), 5000);
                        assertThat(socket.isConnected())
                                .as(address + " " + port)
                                .isTrue();
                    }
                }
            }
        }
    }
}
