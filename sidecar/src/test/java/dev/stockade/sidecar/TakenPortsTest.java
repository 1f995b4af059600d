package dev.stockade.sidecar;

import static dev.stockade.sidecar.fixture.Mesh.GITHUB;
import static dev.stockade.sidecar.fixture.Mesh.github;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.sidecar.fixture.Mesh;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Somebody else has the tunnel's port when the sidecar starts: a container of before that has not quite ended, for one. */
class TakenPortsTest {
    private Mesh mesh;

    @BeforeEach
    void start(@TempDir Path dir) {
        mesh = new Mesh(dir);
        mesh.operator().pod("server-1", GITHUB);
        mesh.operator()
                .send(
                        "server-1",
                        mesh.operator()
                                .snapshot("server-v1")
                                .setServer(github())
                                .build());
    }

    @AfterEach
    void stop() {
        mesh.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                // status.podIPs; the address whose port is taken
                "127.0.0.2; 127.0.0.2",
                "127.0.0.2,127.0.0.3; 127.0.0.2",
                "127.0.0.2,127.0.0.3; 127.0.0.3"
            })
    void thePodIsNotReadySaysWhyAndTakesThePortAsSoonAsItIsFree(String addresses, String taken) throws IOException {
        Mesh.Pod pod;
        try (ServerSocket other = new ServerSocket(mesh.meshPort(), 1, InetAddress.ofLiteral(taken))) {
            pod = mesh.start("server-1", addresses, 1);
            mesh.inForce("server-1", "server-v1");

            await().untilAsserted(() -> assertThat(ready(pod))
                    .contains("the tunnel's port is not bound")
                    .contains(taken + ":" + other.getLocalPort())
                    .contains("Address already in use"));
            assertThat(pod.logged()).contains("an address cannot be bound; it is tried again");
        }

        mesh.ready(pod);
    }

    private String ready(Mesh.Pod pod) {
        return mesh.get(pod.healthPort(), "/healthz/ready").body();
    }
}
