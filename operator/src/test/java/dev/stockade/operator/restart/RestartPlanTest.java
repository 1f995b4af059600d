package dev.stockade.operator.restart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.operator.restart.RestartPlan.Situation;
import dev.stockade.operator.restart.RestartPlan.Step;
import dev.stockade.operator.restart.SelectedPod.Controller;
import dev.stockade.operator.status.Reason;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RestartPlanTest {
    private static final Controller WEB = new Controller("apps/v1", "ReplicaSet", "web", "uid-web");

    private static SelectedPod pod(String name, boolean injected, boolean ready, boolean terminating) {
        return pod(name, injected, ready, terminating, Optional.of(WEB));
    }

    private static SelectedPod pod(
            String name, boolean injected, boolean ready, boolean terminating, Optional<Controller> controller) {
        return new SelectedPod(
                "tools/" + name, "uid-" + name, injected, ready, terminating, controller, Optional.empty());
    }

    private static SelectedPod old(String name) {
        return pod(name, false, true, false);
    }

    private static SelectedPod anew(String name) {
        return pod(name, true, true, false);
    }

    private static Situation of(long wanted, SelectedPod... pods) {
        return new Situation(
                List.of(pods),
                Map.of("uid-web", wanted),
                RestartMemory.NONE.look(List.of(pods)),
                Optional.empty(),
                Optional.empty());
    }

    private static String waits(Step step) {
        return ((Step.Wait) step).sentence();
    }

    private static Step.Stop stops(Step step) {
        return (Step.Stop) step;
    }

    @Test
    void onePodIsEvictedWhileAllIsWell() {
        assertThat(RestartPlan.next(of(3, old("b"), old("a"), anew("c")))).isEqualTo(new Step.Evict(old("a")));
    }

    @Test
    void whatDoesNotServeIsEvictedFirst() {
        SelectedPod broken = pod("b", false, false, false);

        assertThat(RestartPlan.next(of(2, old("a"), broken))).isEqualTo(new Step.Evict(broken));
    }

    @Test
    void nothingIsLeftToDoWhereEveryPodHasItsSidecar() {
        assertThat(RestartPlan.next(of(2, anew("a"), anew("b")))).isEqualTo(new Step.Done());
        assertThat(RestartPlan.next(of(0))).isEqualTo(new Step.Done());
    }

    @Test
    void theNextWaitsForTheEvictedOneToEnd() {
        assertThat(waits(RestartPlan.next(of(2, pod("a", false, true, true), old("b")))))
                .isEqualTo("Waits for pod tools/a to end.");
        assertThat(waits(RestartPlan.next(of(1, pod("a", false, true, true)))))
                .isEqualTo("Waits for pod tools/a to end.");
    }

    @Test
    void theNextWaitsForTheReplacementToBeReady() {
        assertThat(waits(RestartPlan.next(of(2, pod("new", true, false, false), old("b")))))
                .isEqualTo("Waits for pod tools/new, which has its sidecar, to be Ready.");
    }

    @Test
    void theNextWaitsForTheReplacementToBeMade() {
        assertThat(waits(RestartPlan.next(of(3, anew("a"), old("b")))))
                .isEqualTo("Waits for ReplicaSet web, which shall have 3 pods and has 2 here.");
    }

    @Test
    void aWorkloadThatIsBeingScaledDownIsWaitedFor() {
        assertThat(RestartPlan.next(of(1, old("a"), old("b")))).isInstanceOf(Step.Wait.class);
    }

    @ParameterizedTest
    @CsvSource({
        "batch/v1, Job, 'Pod tools/a is not evicted: Job owner would not simply bring it back.'",
        "example.test/v1, ReplicaSet, 'ReplicaSet owner would not simply bring it back.'",
        "apps/v1, ReplicaSet, 'ReplicaSet owner does not exist any more'"
    })
    void whatWouldNotComeBackIsNamedAndLeft(String apiVersion, String kind, String named) {
        SelectedPod left =
                pod("a", false, true, false, Optional.of(new Controller(apiVersion, kind, "owner", "uid-owner")));

        Step.Stop stop = stops(RestartPlan.next(of(1, left, anew("b"))));

        assertThat(stop.reason()).isEqualTo(Reason.NOT_EVICTABLE);
        assertThat(stop.sentence()).contains(named).endsWith("Restart by hand what is left.");
    }

    @Test
    void aBarePodIsNamedAndLeftWhileOthersAreEvicted() {
        SelectedPod alone = pod("a", false, true, false, Optional.empty());

        assertThat(stops(RestartPlan.next(of(1, alone))).sentence())
                .startsWith("Pod tools/a is not evicted: nothing would bring it back.");
        assertThat(RestartPlan.next(of(1, alone, old("b")))).isEqualTo(new Step.Evict(old("b")));
        assertThat(waits(RestartPlan.next(of(2, alone, old("b")))))
                .contains("Waits for ReplicaSet web")
                .contains("Pod tools/a is not evicted");
    }

    @Test
    void aPodThatWouldBeRefusedWithASidecarIsLeftRunning() {
        SelectedPod host = new SelectedPod(
                "tools/a",
                "uid-a",
                false,
                true,
                false,
                Optional.of(WEB),
                Optional.of("hostNetwork is set, and the mesh cannot protect it. Unset it."));

        assertThat(stops(RestartPlan.next(of(1, host))).sentence())
                .startsWith("Pod tools/a is not evicted: with a sidecar it would be refused: hostNetwork is set");
    }

    @Test
    void aReplacementWithoutASidecarStopsEverything() {
        List<SelectedPod> before = List.of(old("a"), old("b"));
        RestartMemory memory = RestartMemory.NONE.look(before).evicted(old("a"));

        List<SelectedPod> after = List.of(old("a2"), old("b"));
        Situation now =
                new Situation(after, Map.of("uid-web", 2L), memory.look(after), Optional.empty(), Optional.empty());

        assertThat(stops(RestartPlan.next(now)).reason()).isEqualTo(Reason.EVICTION_STOPPED);
        assertThat(stops(RestartPlan.next(now)).sentence()).contains("tools/a2").contains("stockade-injector");
    }

    @Test
    void withoutAnInjectorNothingIsEvicted() {
        Situation now = new Situation(
                List.of(old("a")),
                Map.of("uid-web", 1L),
                RestartMemory.NONE,
                Optional.of("MutatingWebhookConfiguration stockade-injector does not exist."),
                Optional.empty());

        assertThat(stops(RestartPlan.next(now)).sentence())
                .isEqualTo("None is evicted: MutatingWebhookConfiguration stockade-injector does not exist.");
    }

    @Test
    void withAnOldPictureNothingIsEvicted() {
        Situation now = new Situation(
                List.of(old("a")),
                Map.of("uid-web", 1L),
                RestartMemory.NONE,
                Optional.empty(),
                Optional.of("the operator has not heard from the API server for a while."));

        assertThat(waits(RestartPlan.next(now))).contains("has not heard from the API server");
    }
}
