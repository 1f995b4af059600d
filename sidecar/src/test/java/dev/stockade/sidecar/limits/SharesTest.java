package dev.stockade.sidecar.limits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

class SharesTest {
    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private final Shares shares = new Shares(() -> 4000, 10, tasks::add);

    private static SpiffeId agent(int i) {
        return new SpiffeId("test.local", "agents", WorkloadKind.AGENT, "a" + i);
    }

    private void run() {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }

    @Test
    void oneAgentGetsAQuarterAndNotMore() {
        Holding holding = shares.holding(agent(0));

        assertThat(shares.ofOneAgent()).isEqualTo(1000);
        assertThat(holding.grow(1000)).isTrue();
        assertThat(holding.grow(1)).isFalse();
        assertThat(shares.holding(agent(0)).grow(1))
                .as("with another piece of work")
                .isFalse();
    }

    @Test
    void howeverManyAreGreedyTheNextOneFindsRoomForSomethingSmall() {
        for (int i = 0; i < 300; i++) {
            Holding greedy = shares.holding(agent(i));
            for (int step = 1000; step > 0; step /= 2) {
                while (greedy.grow(step)) {
                    // as much as there is
                }
            }
        }

        assertThat(shares.used()).isLessThan(4000 + 300 * 10);
        assertThat(shares.holding(agent(300)).grow(10)).isTrue();
    }

    @Test
    void whatIsThereAlreadyTakesNothingFromASmallMessageOfAnother() {
        shares.holding(agent(0)).force(5000);

        assertThat(shares.within(agent(0))).isFalse();
        assertThat(shares.within(agent(1))).isTrue();
        assertThat(shares.holding(agent(1)).grow(10)).isTrue();
        assertThat(shares.holding(agent(1)).grow(11)).isFalse();
    }

    @Test
    void whoeverWaitsIsAskedAgainOnceSomethingWasGivenBackAndNotBefore() {
        Holding first = shares.holding(agent(0));
        Holding second = shares.holding(agent(0));
        first.grow(1000);
        boolean[] asked = new boolean[1];
        second.onRoom(() -> asked[0] = second.grow(1000));
        run();
        assertThat(asked[0]).isFalse();

        first.letGo();
        run();

        assertThat(asked[0]).isTrue();
        assertThat(shares.used()).isEqualTo(1000);
        second.letGo();
        assertThat(shares.used()).isZero();
    }

    @Test
    void lettingGoTwiceGivesBackOnce() {
        Holding holding = shares.holding(agent(0));
        holding.set(700);
        holding.set(300);
        assertThat(shares.used()).isEqualTo(300);

        holding.letGo();
        holding.letGo();

        assertThat(shares.used()).isZero();
    }
}
