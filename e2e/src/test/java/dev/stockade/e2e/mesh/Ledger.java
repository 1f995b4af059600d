package dev.stockade.e2e.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.workload.Calls;
import dev.stockade.e2e.workload.Calls.Call;
import dev.stockade.e2e.workload.Calls.Outcome;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The audit lines of all sidecars that a server has had, also those that are gone, held against what its agent saw. The arguments
 * have the number of each call.
 */
final class Ledger {
    private static final Pattern NUMBER = Pattern.compile("number (\\d+)\\.");

    private final Team team;
    private final String server;
    private final Set<String> lines = new LinkedHashSet<>();
    private final List<Gap> gaps = new ArrayList<>();

    /** While a log may have gone with its pod. */
    private record Gap(Instant from, Instant to) {}

    Ledger(Team team, String server) {
        this.team = team;
        this.server = server;
    }

    /** Takes over what stands in the logs now, of this container and of the one before it. */
    synchronized void collect() {
        for (Pod pod : team.pods(server)) {
            var log = team.client()
                    .pods()
                    .inNamespace(team.namespace())
                    .withName(pod.getMetadata().getName())
                    .inContainer("stockade-sidecar");
            boolean restarted = pod.getStatus().getInitContainerStatuses().stream()
                    .anyMatch(container ->
                            container.getName().equals("stockade-sidecar") && container.getRestartCount() > 0);
            if (restarted) {
                take(() -> log.terminated().getLog());
            }
            take(log::getLog);
        }
    }

    private void take(java.util.function.Supplier<String> log) {
        try {
            log.get()
                    .lines()
                    .filter(line -> line.contains("\"log\":\"audit\"") && line.endsWith("}"))
                    .forEach(lines::add);
        } catch (KubernetesClientException e) {
            // The container is gone, or its node is: what it has written is read later, or was before.
        }
    }

    /** The lines of what was done in this time may be gone. */
    synchronized void gone(Instant from, Instant to) {
        gaps.add(new Gap(from, to));
    }

    /**
     * Each answered call was decided, and its outcome written; each call that was decided and has no outcome was not answered; no
     * call was done twice.
     */
    synchronized void assertAgrees(Calls calls) {
        Map<Long, List<JsonNode>> decisions = new HashMap<>();
        Set<String> outcomes = new HashSet<>();
        for (String line : lines) {
            JsonNode parsed = Audit.parsed(line);
            if (parsed.path("phase").asText().equals("outcome")) {
                outcomes.add(parsed.path("id").asText());
                continue;
            }
            Matcher number = NUMBER.matcher(parsed.path("arguments").toString());
            if (number.find()) {
                decisions
                        .computeIfAbsent(Long.parseLong(number.group(1)), key -> new ArrayList<>())
                        .add(parsed);
            }
        }
        List<String> wrong = new ArrayList<>();
        for (Call call : calls.all()) {
            List<JsonNode> decided = decisions.getOrDefault(call.number(), List.of());
            boolean excused = gaps.stream()
                    .anyMatch(
                            gap -> call.to().isAfter(gap.from()) && call.from().isBefore(gap.to()));
            if (decided.size() > 1) {
                wrong.add(call + " was decided more than once: " + decided);
            }
            if (call.outcome() == Outcome.ANSWERED && !excused) {
                if (decided.isEmpty()) {
                    wrong.add(call + " was never decided");
                } else if (!outcomes.contains(decided.getFirst().path("id").asText())) {
                    wrong.add(call + " has no outcome in the audit log");
                }
            }
        }
        assertThat(wrong).as("calls that the audit log does not agree with").isEmpty();
    }
}
