package dev.stockade.operator.attestation;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class RefusalTest {
    @Test
    void whatTheApiServerAnsweredIsSaidAndThatItDidNot() {
        assertThat(Refusal.ofApiServer("The token cannot be reviewed", new KubernetesClientException("", 429, null)))
                .hasMessage("The token cannot be reviewed now (429 from the API server). Ask again.");
        assertThat(Refusal.ofApiServer(
                        "Pod a/b cannot be read", new KubernetesClientException("cut off", new IOException("closed"))))
                .hasMessage("Pod a/b cannot be read now (no answer from the API server). Ask again.");
    }
}
