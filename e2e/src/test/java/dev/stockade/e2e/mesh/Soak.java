package dev.stockade.e2e.mesh;

import static dev.stockade.e2e.workload.Manifests.policy;
import static dev.stockade.e2e.workload.Manifests.secureMcpServer;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.workload.Conversation;
import dev.stockade.e2e.workload.Conversation.Told;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;

/**
 * An agent that never stops calling, with a certificate that lives five minutes, and a server of two replicas. It calls some
 * times a second in one session that stays, whose event stream is open all the time, and once a second in a new one.
 */
public final class Soak implements AutoCloseable {
    public static final String NAMESPACE = "e2e-soak";
    public static final String AGENT = "tireless";
    public static final String SERVER = "soaked";

    private final Team team;
    private final Conversation traffic;

    private Instant mayEndFrom = Instant.MAX;

    private Soak(Team team, Conversation traffic) {
        this.team = team;
        this.traffic = traffic;
    }

    /** Raises agent and server in a namespace of their own, and has the traffic begin. */
    public static Soak begin(Mesh mesh, String namespace) {
        Team team = mesh.team(namespace);
        team.apply(
                team.manifests().server(SERVER, 2, true),
                secureMcpServer(SERVER, ""),
                policy("all-day", namespace, AGENT, SERVER, "echo, toggle-simulated-logging"));
        team.agent(AGENT, "certificate: {lifetime: 5m}");
        team.awaitDeployment(SERVER).awaitReady(AGENT);
        team.server(SERVER).await("Ready", "True");
        team.policy("all-day").await("Ready", "True");
        Soak soak = new Soak(
                team,
                team.program(AGENT)
                        .start(
                                "agent",
                                "traffic",
                                "http://127.0.0.1:15001/%s/%s".formatted(namespace, SERVER),
                                "echo",
                                "{\"message\":\"still here\"}"));
        soak.traffic.await(
                "the open stream", 0, fact -> fact.path("stream").asText().equals("open"));
        soak.traffic.await(
                "an event of the server", 0, fact -> fact.path("events").asInt() > 0);
        return soak;
    }

    public Team team() {
        return team;
    }

    /** How many calls were answered up to now. */
    public int calls() {
        return latest().path("calls").asInt();
    }

    /** How many events of the server arrived up to now on the stream that was opened first. */
    public int events() {
        return latest().path("events").asInt();
    }

    public JsonNode latest() {
        return facts(fact -> fact.has("calls")).getLast();
    }

    /**
     * From now on an issuer may be dropped. A stream whose connection was made under it has five minutes from then (ADR 12), and
     * the program opens another; earlier, and by renewals, none may end.
     */
    public void issuersAreDroppedFromNowOn() {
        mayEndFrom = Instant.now().plus(Duration.ofMinutes(5));
    }

    /**
     * Not one call failed since the beginning, calls go on being answered, the stream is open, and it never ended for another
     * reason than an issuer that was dropped. Events arrive on it, as long as it is the first.
     */
    public void assertUnharmed(String after) {
        int calls = calls();
        int events = events();
        Waiting.until(
                "calls are answered, the stream is open and events arrive after " + after,
                this::latest,
                () -> harmed() || (calls() > calls + 5 && open() && (events() > events || !ends().isEmpty())));
        assertThat(facts(fact -> fact.has("failed")))
                .as("failed calls after %s; in all: %s", after, latest())
                .isEmpty();
        assertThat(ends())
                .as("when the stream that is held open ended, after %s", after)
                .allSatisfy(at -> assertThat(at).isAfterOrEqualTo(mayEndFrom));
        assertThat(latest().path("failures").asInt()).as("%s", latest()).isZero();
    }

    private boolean harmed() {
        return !facts(fact -> fact.has("failed")).isEmpty() || ends().stream().anyMatch(at -> at.isBefore(mayEndFrom));
    }

    private boolean open() {
        return facts(fact -> fact.has("stream"))
                .getLast()
                .path("stream")
                .asText()
                .equals("open");
    }

    private List<Instant> ends() {
        return facts(fact -> fact.path("stream").asText().equals("end")).stream()
                .map(fact -> Instant.parse(fact.path("time").asText()))
                .toList();
    }

    /** How often the agent's sidecar came by a certificate, as it says in its log. */
    public int certificates() {
        return Math.toIntExact(team.sidecarLog(AGENT)
                .lines()
                .filter(line -> line.contains("\"certificate held\""))
                .count());
    }

    private List<JsonNode> facts(Predicate<JsonNode> wanted) {
        return traffic.told().stream().map(Told::fact).filter(wanted).toList();
    }

    @Override
    public void close() {
        traffic.close();
        team.disband();
    }
}
