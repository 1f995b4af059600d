package dev.stockade.sidecar.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.sidecar.fixture.MovableClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class OwnTasksTest {
    private final MovableClock clock = new MovableClock();
    private final OwnTasks tasks = new OwnTasks(clock, 3);

    @Test
    void aTaskIsItsOwnersAlone() {
        tasks.of(Rig.TRIAGE).opened("1");

        assertThat(tasks.of(Rig.TRIAGE).owns("1")).isTrue();
        assertThat(tasks.of(Rig.OTHER).owns("1")).isFalse();
        assertThat(tasks.of(Rig.TRIAGE).owns("2")).isFalse();
        assertThat(tasks.size()).isEqualTo(1);
    }

    @Test
    void anAgentWithManyTasksForgetsItsOwnThatWasNamedLongestAgo() {
        tasks.of(Rig.OTHER).opened("theirs");
        for (String id : new String[] {"1", "2"}) {
            clock.forward(Duration.ofSeconds(1));
            tasks.of(Rig.TRIAGE).opened(id);
        }
        clock.forward(Duration.ofSeconds(1));
        assertThat(tasks.of(Rig.TRIAGE).owns("1")).isTrue();

        clock.forward(Duration.ofSeconds(1));
        tasks.of(Rig.TRIAGE).opened("3");

        assertThat(tasks.size()).isEqualTo(3);
        assertThat(tasks.of(Rig.TRIAGE).owns("1")).isTrue();
        assertThat(tasks.of(Rig.TRIAGE).owns("2")).isFalse();
        assertThat(tasks.of(Rig.TRIAGE).owns("3")).isTrue();
        assertThat(tasks.of(Rig.OTHER).owns("theirs")).isTrue();
    }

    @Test
    void whatNothingNamedForADayMakesRoomFirst() {
        tasks.of(Rig.OTHER).opened("old");
        clock.forward(OwnTasks.IDLE.plusSeconds(1));
        for (String id : new String[] {"1", "2", "3"}) {
            tasks.of(Rig.TRIAGE).opened(id);
        }

        assertThat(tasks.of(Rig.OTHER).owns("old")).isFalse();
        assertThat(tasks.of(Rig.TRIAGE).owns("1")).isTrue();
    }
}
