package dev.stockade.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.crds.server.SecureMcpServer;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import org.junit.jupiter.api.Test;

class MeshTest {
    private static final String WEB = Meshes.server("web");

    private static SecureMcpServer web(long generation) {
        SecureMcpServer server = new KubernetesSerialization().unmarshal(WEB, SecureMcpServer.class);
        server.getMetadata().setGeneration(generation);
        return server;
    }

    @Test
    void aPictureIsBehindAResourceThatItDoesNotHaveYetOrHasInAnEarlierGeneration() {
        Mesh mesh = Meshes.of(WEB);
        long there = mesh.view().servers().getFirst().getMetadata().getGeneration();

        assertThat(mesh.isBehind(web(there))).isFalse();
        assertThat(mesh.isBehind(web(there - 1)))
                .as("the picture is the newer one")
                .isFalse();
        assertThat(mesh.isBehind(web(there + 1))).isTrue();
        assertThat(Meshes.of().isBehind(web(there))).isTrue();
    }
}
