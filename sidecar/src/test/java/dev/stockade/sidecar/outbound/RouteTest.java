package dev.stockade.sidecar.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.model.policy.Reason;
import dev.stockade.sidecar.state.AgentRules;
import dev.stockade.sidecar.state.AgentRules.Endpoint;
import dev.stockade.sidecar.state.AgentRules.ServiceName;
import dev.stockade.sidecar.state.AgentRules.Target;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RouteTest {
    private static final SpiffeId AGENT = new SpiffeId("td", "agents", WorkloadKind.AGENT, "triage");
    private static final ServiceName SERVICE = new ServiceName("tools", "github", 80);

    private final Entry local = new Entry.Local(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 15001));
    private final Entry captured = new Entry.Captured(
            new InetSocketAddress(InetAddress.ofLiteral("127.9.8.7"), 80), SERVICE, Set.of("github.tools"));

    private static Target target(String namespace, String name, boolean granted, Endpoint... endpoints) {
        return new Target(
                new SpiffeId("td", namespace, WorkloadKind.MCP, name),
                "/mcp",
                3000,
                granted,
                List.of(endpoints),
                List.of(SERVICE));
    }

    private static AgentRules agent(Target... targets) {
        return new AgentRules(AGENT, false, List.of(targets));
    }

    @Test
    void exactlyTheTwoNamesLeadToAServer() {
        Target github = target("tools", "github", true);

        assertThat(Route.of(local, "POST", "/tools/github", agent(github))).isEqualTo(new Route.To(github));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/tools/github/",
                "/tools/github/mcp",
                "/tools//github",
                "//tools/github",
                "/tools/github?a=b",
                "/tools/%67ithub",
                "/Tools/github",
                "/x/../tools/github",
                "tools/github",
                "http://127.0.0.1:15001/tools/github",
                "*",
                ""
            })
    void nothingElseDoes(String uri) {
        assertThat(Route.of(local, "POST", uri, agent(target("tools", "github", true))))
                .isInstanceOfSatisfying(Route.Refused.class, refused -> {
                    assertThat(refused.status()).isEqualTo(404);
                    assertThat(refused.reason()).isEqualTo(Reason.UNKNOWN_PATH);
                    assertThat(refused.sentence()).contains("/tools/github");
                });
    }

    @Test
    void anUnknownPathIsAnsweredWithWhatIsGrantedAndNotMore() {
        Target granted = target("tools", "github", true);
        Target willed = target("tools", "secret", false);

        assertThat(refusal(agent(willed, granted)))
                .isEqualTo("There is no such path. Granted to this agent are exactly these: /tools/github.");
        assertThat(refusal(agent(willed)))
                .isEqualTo("There is no such path. No server has granted this agent anything yet.");
        assertThat(refusal(agent())).contains("takes no server yet");
        assertThat(refusal(agent(IntStream.range(0, 25)
                        .mapToObj(i -> target("many", "s" + (10 + i), true))
                        .toArray(Target[]::new))))
                .contains("/many/s10, ", "/many/s29, and 5 more that /mcp.json lists.")
                .doesNotContain("/many/s30");
    }

    private String refusal(AgentRules agent) {
        return ((Route.Refused) Route.of(local, "POST", "/x", agent)).sentence();
    }

    @Test
    void aCapturedNameLeadsThereAtTheServersOwnPathAlone() {
        Target github = target("tools", "github", true);

        assertThat(Route.of(captured, "GET", "/mcp", agent(github))).isEqualTo(new Route.To(github));
        assertThat(Route.of(captured, "GET", "/mcp/", agent(github))).isInstanceOf(Route.Refused.class);
        assertThat(Route.of(captured, "GET", "/tools/github", agent(github))).isInstanceOf(Route.Refused.class);
        assertThat(Route.of(captured, "GET", "/mcp", agent())).isInstanceOf(Route.Refused.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/sse", "/message?sessionId=1", "/messages?session_id=1", "/api/sse"})
    void aPathOfTheOldTransportIsAnsweredWithWhatIsSpokenHere(String uri) {
        assertThat(sentence(captured, uri)).contains("MCP 2024-11-05", "Streamable HTTP");
        assertThat(sentence(local, uri)).contains("MCP 2024-11-05", "Streamable HTTP");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/.well-known/oauth-protected-resource",
                "/.well-known/oauth-protected-resource/mcp",
                "/.well-known/oauth-authorization-server"
            })
    void whoLooksForOAuthIsToldWhereTheTokenComesFrom(String uri) {
        assertThat(sentence(captured, uri)).contains("authorization server", "Authorization, which passes through");
        assertThat(sentence(local, uri)).contains("authorization server");
    }

    @Test
    void otherPathsGetNoGuess() {
        assertThat(sentence(captured, "/admin")).doesNotContain("2024-11-05", "OAuth");
        assertThat(sentence(local, "/tools/messages-of-mine")).doesNotContain("2024-11-05", "OAuth");
    }

    private static String sentence(Entry entry, String uri) {
        return ((Route.Refused) Route.of(entry, "GET", uri, agent(target("tools", "github", true)))).sentence();
    }

    @Test
    void aSuspendedAgentLeadsNowhere() {
        AgentRules suspended = new AgentRules(AGENT, true, List.of(target("tools", "github", true)));

        for (String path : List.of("/tools/github", "/mcp.json", "/x")) {
            assertThat(Route.of(local, "GET", path, suspended))
                    .isInstanceOfSatisfying(
                            Route.Refused.class,
                            refused -> assertThat(refused.reason()).isEqualTo(Reason.SUSPENDED));
        }
    }

    @Test
    void theListingHoldsGrantedServersAndKeepsCollidingKeysApart() {
        AgentRules agent = agent(
                target("a-b", "c", true), target("a", "b-c", true), target("x", "y", true), target("z", "z", false));

        assertThat(LocalAnswer.listing(agent, 15001).json())
                .isEqualTo("{\"mcpServers\":{"
                        + "\"a-b_c\":{\"type\":\"http\",\"url\":\"http://127.0.0.1:15001/a-b/c\"},"
                        + "\"a_b-c\":{\"type\":\"http\",\"url\":\"http://127.0.0.1:15001/a/b-c\"},"
                        + "\"x-y\":{\"type\":\"http\",\"url\":\"http://127.0.0.1:15001/x/y\"}}}");
        assertThat(LocalAnswer.listing(agent(), 15001).json()).isEqualTo("{\"mcpServers\":{}}");
    }

    @Test
    void theReplicaWithTheFewestOpenRequestsIsChosenAndASessionsOwnWhateverItsState() {
        Endpoint one = new Endpoint("uid-1", "one", InetAddress.ofLiteral("10.0.0.1"), true, false);
        Endpoint two = new Endpoint("uid-2", "two", InetAddress.ofLiteral("10.0.0.2"), true, false);
        Endpoint unready = new Endpoint("uid-3", "three", InetAddress.ofLiteral("10.0.0.3"), false, false);
        Target target = target("tools", "github", true, one, two, unready);
        Replicas replicas = new Replicas();
        replicas.opened(one);
        replicas.opened(one);
        replicas.opened(two);

        List<Endpoint> chosen = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            chosen.add(replicas.forNewWork(target, Set.of()).orElseThrow());
        }
        assertThat(chosen).containsOnly(two);
        assertThat(replicas.forNewWork(target, Set.of("uid-2"))).contains(one);
        assertThat(replicas.forNewWork(target, Set.of("uid-1", "uid-2", "uid-3")))
                .isEmpty();
        assertThat(Replicas.holding(target, AgentRules.tagOf("uid-3"))).contains(unready);
        assertThat(Replicas.tag(AgentRules.tagOf("uid-3") + ".original.id")).contains(AgentRules.tagOf("uid-3"));
        assertThat(Replicas.tag("0123456789AB.x")).isEqualTo(Optional.empty());
        assertThat(Replicas.tag("plain")).isEqualTo(Optional.empty());
    }

    @Test
    void aReplicaThatCouldNotBeReachedIsLeftOutForAWhileWhereAnotherOneIsReady() {
        // Given two ready replicas, of which one has nothing open since nobody reaches it
        Endpoint gone = new Endpoint("uid-1", "gone", InetAddress.ofLiteral("10.0.0.1"), true, false);
        Endpoint busy = new Endpoint("uid-2", "busy", InetAddress.ofLiteral("10.0.0.2"), true, false);
        Target target = target("tools", "github", true, gone, busy);
        AtomicLong nanos = new AtomicLong();
        Replicas replicas = new Replicas(nanos::get);
        replicas.opened(busy);
        replicas.unreachable(gone);

        // When requests come
        assertThat(replicas.forNewWork(target, Set.of())).contains(busy);

        // Then it is asked when there is no other, and again after a while or once it has answered
        assertThat(replicas.forNewWork(target, Set.of("uid-2"))).contains(gone);
        nanos.addAndGet(Replicas.LEFT_OUT.toNanos() + 1);
        assertThat(replicas.forNewWork(target, Set.of())).contains(gone);
        replicas.unreachable(gone);
        assertThat(replicas.forNewWork(target, Set.of())).contains(busy);
        replicas.reached(gone);
        assertThat(replicas.forNewWork(target, Set.of())).contains(gone);
    }

    @Test
    void whileNoReplicaIsReadyThoseThatAreNotAreTriedAndThoseThatAreGoingLast() {
        Endpoint ready = new Endpoint("uid-1", "ready", InetAddress.ofLiteral("10.0.0.1"), true, false);
        Endpoint unready = new Endpoint("uid-2", "unready", InetAddress.ofLiteral("10.0.0.2"), false, false);
        Endpoint going = new Endpoint("uid-3", "going", InetAddress.ofLiteral("10.0.0.3"), false, true);
        Replicas replicas = new Replicas();

        // Given one that is ready, it alone is chosen
        Target some = target("tools", "github", true, going, unready, ready);
        assertThat(replicas.forNewWork(some, Set.of())).contains(ready);

        // Given none, the others are, in turn
        Target none = target("tools", "github", true, going, unready);
        assertThat(replicas.forNewWork(none, Set.of())).contains(unready);
        assertThat(replicas.forNewWork(none, Set.of("uid-2"))).contains(going);
        assertThat(replicas.forNewWork(none, Set.of("uid-2", "uid-3"))).isEmpty();

        // and not without end, for the agent waits
        assertThat(replicas.forNewWork(none, Set.of("uid-4", "uid-5", "uid-6"))).isEmpty();
        assertThat(replicas.forNewWork(some, Set.of("uid-4", "uid-5", "uid-6"))).contains(ready);
    }
}
