package dev.stockade.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterChoiceTest {

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "current, -,       true,  CURRENT",
                "k3s,     /a/kube, false, K3S",
                "rig,     /a/kube, true,  RIG",
                "-,       /a/kube, true,  CURRENT",
                "-,       -,       true,  K3S",
                "-,       -,       false, RIG",
            })
    void takesWhatIsAskedForThenWhatIsThere(String asked, String kubeconfig, boolean docker, ClusterChoice expected) {
        Map<String, String> environment = Map.of(
                "STOCKADE_CLUSTER", asked == null ? "" : asked,
                "KUBECONFIG", kubeconfig == null ? "" : kubeconfig,
                "STOCKADE_REGISTRY", "registry.example.com");

        assertThat(ClusterChoice.of(environment, () -> docker)).isEqualTo(expected);
    }

    @Test
    void saysThatAnUnknownClusterIsNone() {
        assertThatThrownBy(() -> ClusterChoice.of(Map.of("STOCKADE_CLUSTER", "kind"), () -> true))
                .hasMessage("STOCKADE_CLUSTER is 'kind', which is no cluster: set it to current, k3s or rig.");
    }

    @Test
    void saysThatOnesOwnClusterNeedsARegistry() {
        assertThatThrownBy(() -> ClusterChoice.of(Map.of("KUBECONFIG", "/a/kubeconfig"), () -> true))
                .hasMessageContaining("need STOCKADE_REGISTRY");
    }
}
