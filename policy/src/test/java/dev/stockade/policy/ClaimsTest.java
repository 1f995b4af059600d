package dev.stockade.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ClaimsTest {
    private static final String WEB = "{selector: {matchLabels: {app: web}}, port: 3000}";

    @Test
    void aPodIsTheServerThatSelectsIt() {
        var view = Meshes.view(
                Meshes.server("tools", "web", "2026-01-01T00:00:00Z", WEB),
                Meshes.pod("tools", "web-0", "{app: web}"),
                Meshes.pod("tools", "other-0", "{app: other}"),
                Meshes.pod("agents", "web-0", "{app: web}"));

        var claims = Claims.of(view);

        assertThat(claims.pods(view.servers().getFirst()))
                .extracting(MeshPod::reference)
                .containsExactly("tools/web-0");
        assertThat(claims.conflicts(view.servers().getFirst())).isEmpty();
    }

    @Test
    void ofTwoServersTheOlderHasThePodAndTheOtherIsTold() {
        var view = Meshes.view(
                Meshes.server("tools", "a-young", "2026-01-02T00:00:00Z", WEB),
                Meshes.server("tools", "b-old", "2026-01-01T00:00:00Z", WEB),
                Meshes.pod("tools", "web-0", "{app: web}"));
        var young = view.servers().get(0);
        var old = view.servers().get(1);

        var claims = Claims.of(view);

        assertThat(claims.pods(old)).hasSize(1);
        assertThat(claims.conflicts(old)).isEmpty();
        assertThat(claims.pods(young)).isEmpty();
        assertThat(claims.conflicts(young))
                .extracting(c -> c.pod().reference() + " " + c.winner())
                .containsExactly("tools/web-0 tools/b-old");
    }

    @Test
    void ofTwoOfTheSameAgeTheFirstByNameHasThePod() {
        var view = Meshes.view(
                Meshes.server("tools", "b", "2026-01-01T00:00:00Z", WEB),
                Meshes.server("tools", "a", "2026-01-01T00:00:00Z", WEB),
                Meshes.pod("tools", "web-0", "{app: web}"));

        var claims = Claims.of(view);

        assertThat(claims.server(view.pods().getFirst()))
                .map(s -> s.getMetadata().getName())
                .contains("a");
    }

    @Test
    void aPodCanBeAnAgentAndAServer() {
        var view = Meshes.view(
                Meshes.server("tools", "web", "2026-01-01T00:00:00Z", WEB),
                Meshes.agent("tools", "web", "{serviceAccountName: default}"),
                Meshes.pod("tools", "web-0", "{app: web}"));

        var claims = Claims.of(view);

        assertThat(claims.server(view.pods().getFirst())).isPresent();
        assertThat(claims.agent(view.pods().getFirst())).isPresent();
    }

    @Test
    void aPodOfAnotherServiceAccountIsNobodys() {
        var view = Meshes.view(
                Meshes.server(
                        "tools",
                        "web",
                        "2026-01-01T00:00:00Z",
                        "{selector: {matchLabels: {app: web}}, port: 3000, serviceAccountName: web}"),
                Meshes.agent("tools", "web", "{serviceAccountName: web}"),
                Meshes.pod("tools", "web-0", "{app: web}"));

        var claims = Claims.of(view);

        assertThat(claims.server(view.pods().getFirst())).isEmpty();
        assertThat(claims.agent(view.pods().getFirst())).isEmpty();
    }

    @Test
    void aNamespaceWithoutTheLabelHasNoIdentities() {
        var view = Meshes.view(
                Set.of("agents"),
                Meshes.server("tools", "web", "2026-01-01T00:00:00Z", WEB),
                Meshes.pod("tools", "web-0", "{app: web}"));

        assertThat(Claims.of(view).server(view.pods().getFirst())).isEmpty();
    }

    @Test
    void anEmptySelectorSelectsNothing() {
        var view = Meshes.view(
                Meshes.server("tools", "web", "2026-01-01T00:00:00Z", "{selector: {}, port: 3000}"),
                Meshes.agent("tools", "web", "{serviceAccountName: default, selector: {matchLabels: {}}}"),
                Meshes.pod("tools", "web-0", "{app: web}"));

        var claims = Claims.of(view);

        assertThat(claims.server(view.pods().getFirst())).isEmpty();
        assertThat(claims.agent(view.pods().getFirst())).isEmpty();
    }

    @Test
    void aResourceThatIsBeingDeletedHasNothing() {
        var view = Meshes.view(
                Meshes.server("tools", "web", "2026-01-01T00:00:00Z", WEB)
                        .replace("  generation: 3", "  generation: 3\n  deletionTimestamp: \"2026-01-02T00:00:00Z\""),
                Meshes.pod("tools", "web-0", "{app: web}"));

        assertThat(view.servers()).isEmpty();
        assertThat(Claims.of(view).server(view.pods().getFirst())).isEmpty();
    }

    @Test
    void aPodThatHasEndedIsNobodys() {
        var view = Meshes.view(
                Meshes.server("tools", "web", "2026-01-01T00:00:00Z", WEB),
                Meshes.pod("tools", "web-0", "{app: web}") + "status: {phase: Succeeded}\n");

        assertThat(Claims.of(view).server(view.pods().getFirst())).isEmpty();
    }

    private static MeshView under(MeshView view, Optional<Instant> account) {
        return view.withPods(view.pods().stream().map(pod -> pod.under(account)).toList());
    }

    @Test
    void aPodWhoseServiceAccountIsGoneIsNobodysAlsoUnderAnotherOfThatName() {
        // Given
        var view = Meshes.view(
                Meshes.server("tools", "web", "2026-01-01T00:00:00Z", WEB),
                Meshes.agent("tools", "web", "{serviceAccountName: default}"),
                Meshes.pod("tools", "web-0", "{app: web}")
                        .replace("metadata: {", "metadata: {creationTimestamp: \"2026-01-02T00:00:00Z\", "));
        var before = Optional.of(Instant.parse("2026-01-01T00:00:00Z"));
        assertThat(Claims.of(under(view, before)).pods(view.servers().getFirst()))
                .hasSize(1);
        assertThat(Claims.of(under(view, before)).pods(view.agents().getFirst()))
                .hasSize(1);
        // When the account is deleted, and made anew
        for (Optional<Instant> account :
                List.of(Optional.<Instant>empty(), Optional.of(Instant.parse("2026-01-02T00:00:03Z")))) {
            // Then
            var claims = Claims.of(under(view, account));
            assertThat(claims.pods(view.servers().getFirst())).isEmpty();
            assertThat(claims.pods(view.agents().getFirst())).isEmpty();
        }
    }
}
