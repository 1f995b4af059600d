package dev.stockade.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.crds.common.Condition;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TransitionsTest {
    private static Condition condition(String type, Condition.Status status, String reason) {
        return new Condition(type, status, 1, "2026-01-01T00:00:00Z", reason, "");
    }

    private static Condition ready(Condition.Status status, String reason) {
        return condition("Ready", status, reason);
    }

    @Test
    void aTransitionIsToldOnce() {
        Condition ready = ready(Condition.Status.TRUE, "Enforced");

        assertThat(Transitions.isTold(ready, Optional.empty())).isTrue();
        assertThat(Transitions.isTold(ready, Optional.of(ready(Condition.Status.UNKNOWN, "Waiting"))))
                .isTrue();
        assertThat(Transitions.isTold(ready, Optional.of(ready))).isFalse();
    }

    @Test
    void anotherReasonIsNews() {
        assertThat(Transitions.isTold(
                        ready(Condition.Status.FALSE, "Conflict"),
                        Optional.of(ready(Condition.Status.FALSE, "PodsWithoutSidecar"))))
                .isTrue();
    }

    @Test
    void whatIsNotKnownIsNoNews() {
        assertThat(Transitions.isTold(
                        ready(Condition.Status.UNKNOWN, "Waiting"),
                        Optional.of(ready(Condition.Status.TRUE, "Enforced"))))
                .isFalse();
        assertThat(Transitions.isTold(condition("Suspended", Condition.Status.FALSE, "NotSuspended"), Optional.empty()))
                .isFalse();
        assertThat(Transitions.isTold(condition("Rotating", Condition.Status.FALSE, "Stable"), Optional.empty()))
                .isFalse();
    }

    @Test
    void everyStepOfARotationIsTold() {
        Condition stable = condition("Rotating", Condition.Status.FALSE, "Stable");
        Condition trust = condition("Rotating", Condition.Status.TRUE, "TrustNew");
        Condition sign = condition("Rotating", Condition.Status.TRUE, "SignWithNew");

        assertThat(Transitions.isTold(trust, Optional.of(stable))).isTrue();
        assertThat(Transitions.isTold(sign, Optional.of(trust))).isTrue();
        assertThat(Transitions.isTold(sign, Optional.of(sign))).isFalse();
        assertThat(Transitions.isTold(stable, Optional.of(sign))).isTrue();
    }

    @Test
    void aWayAroundIsToldWhenItIsFoundAndWhenItIsClosed() {
        Condition open = condition("MeshOnly", Condition.Status.FALSE, "Bypass");
        Condition unknown = condition("MeshOnly", Condition.Status.UNKNOWN, "Probing");
        Condition proven = condition("MeshOnly", Condition.Status.TRUE, "NetworkPolicyOnly");

        assertThat(Transitions.isTold(open, Optional.empty())).isTrue();
        assertThat(Transitions.isTold(open, Optional.of(proven))).isTrue();
        assertThat(Transitions.isTold(unknown, Optional.of(proven))).isFalse();
        assertThat(Transitions.isTold(proven, Optional.of(open))).isTrue();
    }
}
