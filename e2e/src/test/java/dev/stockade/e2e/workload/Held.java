package dev.stockade.e2e.workload;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What a {@code light hold} in a pod has told in its log: when its stream was opened, when it ended, when it was refused. */
public record Held(List<Fact> facts) {

    /** @param stream open, end or refused */
    public record Fact(String stream, Instant at, String why) {}

    public static Held by(KubernetesClient client, String namespace, String pod) {
        return new Held(client.pods()
                .inNamespace(namespace)
                .withName(pod)
                .inContainer("agent")
                .getLog()
                .lines()
                .filter(line -> line.startsWith("{\"") && line.endsWith("}") && line.contains("\"stream\":"))
                .map(Program::read)
                .map(Held::fact)
                .toList());
    }

    private static Fact fact(JsonNode told) {
        return new Fact(
                told.path("stream").asText(),
                Instant.EPOCH.plusNanos(told.path("nanos").asLong()),
                told.path("why").asText());
    }

    public boolean isOpen() {
        return !facts.isEmpty() && facts.getLast().stream().equals("open");
    }

    /** When the stream that was open at a moment ended. */
    public Optional<Instant> endAfter(Instant moment) {
        return facts.stream()
                .filter(fact -> fact.stream().equals("end") && fact.at().isAfter(moment))
                .map(Fact::at)
                .findFirst();
    }
}
