package dev.stockade.e2e.mesh;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** Waiting for a cluster, which takes the time that it takes: the bound is only there to end a run that will not. */
public final class Waiting {
    /** Long enough for two cores that other builds use as well. */
    public static final Duration PATIENCE = Duration.ofMinutes(4);

    /** For what starts many processes. */
    public static final Duration GREAT_PATIENCE = Duration.ofMinutes(8);

    /** What a person still reads; all of it is in the evidence. */
    private static final int TOLD = 4000;

    private Waiting() {}

    /** Waits; when it was in vain, the message says what was there instead. */
    public static void until(String what, Supplier<?> insteadThereWas, Callable<Boolean> condition) {
        until(PATIENCE, what, insteadThereWas, condition);
    }

    /** Waits as long as the caller is patient. */
    public static void until(Duration patience, String what, Supplier<?> insteadThereWas, Callable<Boolean> condition) {
        until(patience, Duration.ofMillis(100), what, insteadThereWas, condition);
    }

    /** The same, for a condition that costs the cluster something to tell. */
    public static void until(
            Duration patience,
            Duration interval,
            String what,
            Supplier<?> insteadThereWas,
            Callable<Boolean> condition) {
        try {
            Awaitility.await(what)
                    .atMost(patience)
                    .pollInterval(interval)
                    .ignoreExceptions()
                    .until(condition);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(
                    "%s: not within %d s. There was: %s"
                            .formatted(what, patience.toSeconds(), told(String.valueOf(insteadThereWas.get()))),
                    e);
        }
    }

    private static String told(String text) {
        return text.length() <= TOLD ? text : text.substring(0, TOLD) + "...";
    }
}
