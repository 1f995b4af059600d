package dev.stockade.operator.acks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class HoldersTest {
    private final Holders holders = new Holders();

    @Test
    void theHoldersOfAResourceAreThePodsThatHoldItNow() {
        // Given two pods that hold a resource, and one of them another
        holders.set("pod-1", () -> Set.of("policy"));
        holders.set("pod-2", () -> Set.of("policy", "server"));

        // When one lets go of it
        holders.set("pod-1", () -> Set.of("server"));

        // Then
        assertThat(holders.of("policy")).containsExactly("pod-2");
        assertThat(holders.of("server")).containsExactlyInAnyOrder("pod-1", "pod-2");
        assertThat(holders.of("never heard of")).isEmpty();
    }

    @Test
    void nothingIsRememberedOfAPodThatHoldsNothing() {
        // Given
        holders.set("pod", () -> Set.of("policy", "server"));

        // When
        holders.set("pod", Set::of);

        // Then
        assertThat(holders.pods()).isEmpty();
        assertThat(holders.of("policy")).isEmpty();
    }
}
