package dev.stockade.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.wire.control.v1.Rule;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a policy withholds, every SDK's program learns at once and as what it is: error -31403 with its reason, not a time-out and not
 * a lost session; no list shows it; and the session goes on. What the program tries stands beside it, and throws where it is not so.
 */
class DenialIT {
    @ParameterizedTest(name = "{0}")
    @MethodSource("dev.stockade.interop.Suites#sdks")
    void everySdkHandsADenialToItsProgramAndGoesOn(Suites.Sdk sdk) {
        try (Served server = Servers.fixture();
                TwoSidecars mesh = new TwoSidecars(server.port(), "/mcp")) {
            // Given
            mesh.deny(Rule.newBuilder()
                    .addTools("secret")
                    .addResources("test://pages/5")
                    .addPrompts("test_simple_prompt")
                    .build());

            // When
            List<Check> checks = Suites.printed(sdk + " denied", sdk.client(mesh.local(), "denied"));

            // Then
            assertThat(checks).hasSize(6).allMatch(Check::passed);
        }
    }
}
