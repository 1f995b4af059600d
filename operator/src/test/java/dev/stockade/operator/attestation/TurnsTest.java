package dev.stockade.operator.attestation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class TurnsTest {
    @Test
    void aWholeMeshThatComesAtOnceIsServedAFewAtATime() throws Exception {
        Turns turns = new Turns(4, Duration.ofMinutes(1));
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<Future<Integer>> answers = new ArrayList<>();

        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 500; i++) {
                int number = i;
                answers.add(callers.submit(() -> turns.take(() -> {
                    most.accumulateAndGet(now.incrementAndGet(), Math::max);
                    LockSupport.parkNanos(100_000);
                    now.decrementAndGet();
                    return number;
                })));
            }
        }

        for (int i = 0; i < answers.size(); i++) {
            assertThat(answers.get(i).get()).isEqualTo(i);
        }
        assertThat(most.get()).isLessThanOrEqualTo(4);
    }

    @Test
    void whoDoesNotComeToItsTurnIsToldToAskAgain() throws Exception {
        Turns turns = new Turns(1, Duration.ofMillis(10));
        CountDownLatch taken = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<String> first = callers.submit(() -> turns.take(() -> {
                taken.countDown();
                try {
                    end.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                return "first";
            }));
            taken.await();

            assertThatThrownBy(() -> turns.take(() -> "second"))
                    .isInstanceOfSatisfying(
                            Refusal.class,
                            refusal -> assertThat(refusal.reason()).isEqualTo(Refusal.Reason.BUSY));

            end.countDown();
            assertThat(first.get()).isEqualTo("first");
        }
        assertThat(turns.take(() -> "third")).isEqualTo("third");
    }

    @Test
    void aQuestionThatFailsGivesItsTurnBack() throws Exception {
        Turns turns = new Turns(1, Duration.ZERO);
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> turns.take(() -> {
                        throw new Refusal(Refusal.Reason.POD_GONE, "gone");
                    }))
                    .hasMessage("gone");
        }
        assertThat(turns.take(() -> "served")).isEqualTo("served");
    }
}
