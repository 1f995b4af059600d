package dev.stockade.sidecar.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.fixture.MetricsPage;
import dev.stockade.sidecar.fixture.TwoPods;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What sidecars say of themselves is what {@code docs/metrics.md} lists, by name, type and labels. */
class MetricsPageTest {
    @Test
    void theSidecarsSayWhatThePageListsAndNothingElse(@TempDir Path dir) throws IOException {
        try (TwoPods pods = new TwoPods(dir)) {
            // Given an agent's and a server's sidecar between which a call went
            assertThat(pods.mesh().call(pods.agent(), "/tools/github", "hello").statusCode())
                    .isEqualTo(200);
            // When both are scraped
            Set<String> said = new TreeSet<>();
            said.addAll(MetricsPage.said(
                    pods.mesh().get(pods.agent().healthPort(), "/metrics").body()));
            said.addAll(MetricsPage.said(
                    pods.mesh().get(pods.server().healthPort(), "/metrics").body()));
            // Then
            assertThat(said).isNotEmpty().containsExactlyElementsOf(MetricsPage.documented("Sidecar"));
        }
    }
}
