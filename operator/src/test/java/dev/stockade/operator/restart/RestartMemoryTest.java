package dev.stockade.operator.restart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.operator.restart.SelectedPod.Controller;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RestartMemoryTest {
    private static SelectedPod pod(String uid, boolean injected, String controller) {
        return new SelectedPod(
                "tools/" + uid,
                uid,
                injected,
                true,
                false,
                Optional.of(new Controller("apps/v1", "ReplicaSet", controller, controller)),
                Optional.empty());
    }

    private static SelectedPod old(String uid) {
        return pod(uid, false, "web");
    }

    private static SelectedPod anew(String uid) {
        return pod(uid, true, "web");
    }

    @Test
    void aReplacementWithItsSidecarIsAsItShouldBe() {
        RestartMemory memory =
                RestartMemory.NONE.look(List.of(old("a"), old("b"))).evicted(old("a"));

        assertThat(memory.look(List.of(anew("a2"), old("b"))).stoppedAmong()).isEmpty();
    }

    @Test
    void aReplacementWithoutASidecarIsAReasonToStopUntilSomebodyRestartsAPod() {
        RestartMemory memory =
                RestartMemory.NONE.look(List.of(old("a"), old("b"))).evicted(old("a"));

        RestartMemory stopped = memory.look(List.of(old("a2"), old("b")));
        RestartMemory still = stopped.look(List.of(old("a2"), old("b")));
        RestartMemory again = still.look(List.of(anew("a3"), old("b")));

        assertThat(stopped.stoppedAmong()).containsExactlyInAnyOrder("a2", "b");
        assertThat(still.stoppedAmong()).containsExactlyInAnyOrder("a2", "b");
        assertThat(again.stoppedAmong()).isEmpty();
    }

    @Test
    void restartingByHandWithTheSameResultDoesNotGoOn() {
        RestartMemory stopped = RestartMemory.NONE
                .look(List.of(old("a"), old("b")))
                .evicted(old("a"))
                .look(List.of(old("a2"), old("b")));

        assertThat(stopped.look(List.of(old("a3"), old("b"))).stoppedAmong()).isNotEmpty();
    }

    @Test
    void aPodOfAnotherControllerIsNoReplacement() {
        RestartMemory memory = RestartMemory.NONE.look(List.of(old("a"))).evicted(old("a"));

        assertThat(memory.look(List.of(anew("a2"), pod("x", false, "other"))).stoppedAmong())
                .isEmpty();
    }

    @Test
    void aNewLeaderGoesOnStandingStillUntilSomebodyRestartsAPod() {
        RestartMemory inherited = RestartMemory.stopped(List.of(old("a2"), old("b")));

        assertThat(inherited.look(List.of(old("a2"), old("b"))).stoppedAmong()).isNotEmpty();
        assertThat(inherited.look(List.of(anew("a3"), old("b"))).stoppedAmong()).isEmpty();
        assertThat(inherited.look(List.of(old("a3"), old("b"))).stoppedAmong()).isNotEmpty();
    }
}
