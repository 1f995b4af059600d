package dev.stockade.operator.metrics;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** How long the webhooks took, and what they answered. The API server waits for ten seconds, and then refuses. */
public final class ReviewMeters {
    /** How a review ended. */
    public enum Answer {
        /** As it was. */
        ALLOWED,
        /** With a patch. */
        PATCHED,
        /** With a sentence: the request was not in order. */
        DENIED,
        /** With a sentence: the operator could not decide. */
        FAILED
    }

    private final Map<String, Map<Answer, Timer>> timers = new HashMap<>();

    /** @param webhooks by the last part of their paths; all are there from the start, so that each has a rate */
    public ReviewMeters(MeterRegistry meters, List<String> webhooks) {
        requireNonNull(meters);
        for (String webhook : webhooks) {
            Map<Answer, Timer> byAnswer = new EnumMap<>(Answer.class);
            for (Answer answer : Answer.values()) {
                byAnswer.put(answer, timer(meters, webhook, answer));
            }
            timers.put(webhook, byAnswer);
        }
    }

    private static Timer timer(MeterRegistry meters, String webhook, Answer answer) {
        return Timer.builder("stockade.webhook")
                .description("Admission reviews, from the request's head to the answer")
                .tag("webhook", webhook)
                .tag("answer", answer.name().toLowerCase(Locale.ROOT))
                .serviceLevelObjectives(
                        Duration.ofMillis(10),
                        Duration.ofMillis(50),
                        Duration.ofMillis(250),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(5))
                .register(meters);
    }

    /** One review has been answered. */
    public void answered(String webhook, Answer answer, Duration took) {
        requireNonNull(requireNonNull(timers.get(webhook)).get(answer)).record(took);
    }
}
