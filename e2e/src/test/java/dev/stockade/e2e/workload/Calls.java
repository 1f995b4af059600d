package dev.stockade.e2e.workload;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What a {@code light steady} in a pod has told of its calls, in the order of their ends. */
public record Calls(List<Call> all) {

    /** What came of a call. */
    public enum Outcome {
        /** With its own number. */
        ANSWERED,
        /** In words, of HTTP or MCP: the call was not done. */
        REFUSED,
        /** The connection broke, and the caller saw that. */
        ERROR,
        /** Nothing came within 30 seconds. */
        LOST
    }

    /** @param number in the order of their beginnings */
    public record Call(long number, Outcome outcome, String why, Instant from, Instant to) {}

    public static Calls by(KubernetesClient client, String namespace, String pod) {
        return new Calls(client.pods()
                .inNamespace(namespace)
                .withName(pod)
                .inContainer("agent")
                .getLog()
                .lines()
                .filter(line -> line.startsWith("{") && line.endsWith("}") && line.contains("\"call\":"))
                .map(Program::read)
                .map(Calls::call)
                .toList());
    }

    private static Call call(JsonNode told) {
        return new Call(
                told.path("call").asLong(),
                Outcome.valueOf(told.path("outcome").asText().toUpperCase(java.util.Locale.ROOT)),
                told.path("why").asText(),
                Instant.EPOCH.plusNanos(told.path("from").asLong()),
                Instant.EPOCH.plusNanos(told.path("to").asLong()));
    }

    /** Those that ended after a moment. */
    public Calls after(Instant moment) {
        return new Calls(all.stream().filter(call -> call.to().isAfter(moment)).toList());
    }

    public Calls with(Outcome outcome) {
        return new Calls(all.stream().filter(call -> call.outcome() == outcome).toList());
    }

    /** Those that were begun after a moment. */
    public Calls begunAfter(Instant moment) {
        return new Calls(
                all.stream().filter(call -> call.from().isAfter(moment)).toList());
    }

    /** The longest time between the ends of two answered calls, one after the other. */
    public Duration longestGap() {
        Duration longest = Duration.ZERO;
        List<Call> answered = with(Outcome.ANSWERED).all();
        for (int i = 1; i < answered.size(); i++) {
            Duration gap =
                    Duration.between(answered.get(i - 1).to(), answered.get(i).to());
            longest = gap.compareTo(longest) > 0 ? gap : longest;
        }
        return longest;
    }

    /** The longest that a call took that was not answered. */
    public Duration longestFailure() {
        return all.stream()
                .filter(call -> call.outcome() != Outcome.ANSWERED)
                .map(call -> Duration.between(call.from(), call.to()))
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
    }

    /** How many of each, for people. */
    public String counted() {
        Map<String, Long> counts = all.stream()
                .collect(Collectors.groupingBy(
                        call -> call.outcome().name().toLowerCase(java.util.Locale.ROOT),
                        TreeMap::new,
                        Collectors.counting()));
        return counts.entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey())
                .collect(Collectors.joining(", "));
    }

    /** How often each sentence was the reason. */
    public Map<String, Long> reasons() {
        return all.stream()
                .filter(call -> call.outcome() != Outcome.ANSWERED)
                .collect(Collectors.groupingBy(
                        call -> call.outcome() + " " + call.why().replaceAll("[0-9a-f]{8}-[0-9a-f-]{27}", "..."),
                        TreeMap::new,
                        Collectors.counting()));
    }

    public Map<Long, Call> byNumber() {
        return all.stream().collect(Collectors.toMap(Call::number, Function.identity()));
    }
}
