package dev.stockade.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {
    private static final Map<String, String> COMPLETE = Map.of(
            "STOCKADE_NAMESPACE", "stockade-system",
            "STOCKADE_POD_NAME", "operator-0",
            "STOCKADE_POD_IP", "10.0.0.1",
            "STOCKADE_SIDECAR_IMAGE", "registry/stockade-sidecar:1",
            "STOCKADE_SIDECAR_RESOURCES", "{\"limits\":{\"memory\":\"128Mi\"}}");

    @Test
    void theChartsEnvironmentIsRead() {
        Settings settings = Settings.of(COMPLETE);
        assertThat(settings.serviceNames())
                .containsExactly(
                        "stockade-operator.stockade-system.svc", "stockade-operator.stockade-system.svc.cluster.local");
        assertThat(settings.controlAddress(15010)).isEqualTo("stockade-operator.stockade-system.svc:15010");
        assertThat(settings.sidecarResources().getLimits()).containsKey("memory");
    }

    @Test
    void aMissingVariableIsNamed() {
        Map<String, String> incomplete = new HashMap<>(COMPLETE);
        incomplete.remove("STOCKADE_POD_IP");
        assertThatThrownBy(() -> Settings.of(incomplete))
                .hasMessage("STOCKADE_POD_IP is not set. Install the operator by its chart, which sets it.");
    }

    @Test
    void resourcesThatAreNoJsonAreNamed() {
        Map<String, String> wrong = new HashMap<>(COMPLETE);
        wrong.put("STOCKADE_SIDECAR_RESOURCES", "lots");
        assertThatThrownBy(() -> Settings.of(wrong))
                .hasMessageContaining("STOCKADE_SIDECAR_RESOURCES is not a JSON object");
    }
}
