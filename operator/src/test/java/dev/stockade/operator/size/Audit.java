package dev.stockade.operator.size;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.operator.OperatorOnPorts;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What the operator asked of the API server, by the API server's own audit log. */
final class Audit {
    private static final String POLICY = """
        apiVersion: audit.k8s.io/v1
        kind: Policy
        omitStages: [RequestReceived, ResponseStarted]
        rules: [{level: Metadata}]
        """;
    private static final Set<String> READS = Set.of("get", "list", "watch");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path policy;
    private final Path log;
    private long read;

    Audit(Path folder) throws IOException {
        this.policy = Files.writeString(folder.resolve("audit-policy.yaml"), POLICY);
        this.log = folder.resolve("audit.log");
    }

    String[] flags() {
        return new String[] {"--audit-policy-file=" + policy, "--audit-log-path=" + log};
    }

    /**
     * The requests since the last call, by verb and resource. Renewing the lease is left out: it has its own pace, whatever
     * else happens.
     *
     * @param written {@code resource/name} of what was written, events left out
     * @param searches for pods without a sidecar
     */
    record Requests(Map<String, Integer> counted, Set<String> written, int searches) {
        Requests {
            requireNonNull(counted);
            requireNonNull(written);
        }

        int reads() {
            return sum(true);
        }

        int writes() {
            return sum(false);
        }

        private int sum(boolean reads) {
            return counted.entrySet().stream()
                    .filter(entry -> READS.contains(entry.getKey().split(" ", 2)[0]) == reads)
                    .mapToInt(Map.Entry::getValue)
                    .sum();
        }
    }

    Requests since() throws IOException {
        Map<String, Integer> counted = new TreeMap<>();
        Set<String> written = new TreeSet<>();
        int searches = 0;
        for (String line : lines()) {
            if (!line.contains(OperatorOnPorts.USER_AGENT)) {
                continue;
            }
            JsonNode event = JSON.readTree(line);
            JsonNode about = event.path("objectRef");
            String resource = about.path("resource").asText("");
            String sub = about.path("subresource").asText("");
            if (event.path("userAgent").asText("").startsWith(OperatorOnPorts.USER_AGENT)
                    && !resource.equals("leases")) {
                String verb = event.path("verb").asText();
                counted.merge(verb + " " + resource + (sub.isEmpty() ? "" : "/" + sub), 1, Integer::sum);
                if (!READS.contains(verb) && !resource.equals("events")) {
                    written.add(resource + "/" + about.path("name").asText());
                }
                if (event.path("requestURI").asText().contains("fieldSelector=spec.serviceAccountName")) {
                    searches++;
                }
            }
        }
        return new Requests(counted, written, searches);
    }

    private String[] lines() throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            byte[] news = new byte[Math.toIntExact(file.length() - read)];
            file.seek(read);
            file.readFully(news);
            String text = new String(news, StandardCharsets.UTF_8);
            int end = text.lastIndexOf('\n') + 1;
            read += text.substring(0, end).getBytes(StandardCharsets.UTF_8).length;
            return text.substring(0, end).split("\n", -1);
        }
    }
}
