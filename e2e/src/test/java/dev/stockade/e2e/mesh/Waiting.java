package dev.stockade.e2e.mesh;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** Waiting for a cluster, which takes the time that it takes: the bound is only there to end a run that will not. */
public final class Waiting {
    /** Long enough for a busy machine with two cores. */
    public static final Duration PATIENCE = Duration.ofMinutes(2);

    private Waiting() {}

    /** Waits; when it was in vain, the message says what was there instead. */
    public static void until(String what, Supplier<?> insteadThereWas, Callable<Boolean> condition) {
        try {
            Awaitility.await(what)
                    .atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(100))
                    .ignoreExceptions()
                    .until(condition);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(
                    "%s: not within %d s. There was: %s".formatted(what, PATIENCE.toSeconds(), insteadThereWas.get()),
                    e);
        }
    }
}
