package dev.stockade.bench;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.model.json.Arguments;
import dev.stockade.model.policy.AccessPolicy;
import dev.stockade.model.policy.AgentAccess;
import dev.stockade.model.policy.Decision;
import dev.stockade.model.policy.GuardedKind;
import dev.stockade.model.policy.NamePattern;
import dev.stockade.model.policy.Question;
import dev.stockade.model.policy.Rule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Deciding on one name: with many rules of the agent's own, half of them literals and half with a star, where the one that matches
 * comes last, or none does; and with the rules of many other agents.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class DecisionBench {
    private static final SpiffeId SERVER = new SpiffeId("stockade.local", "tools", WorkloadKind.MCP, "github");

    /** An agent with many rules. */
    @State(Scope.Benchmark)
    public static class OwnRules {
        @Param({"1", "100", "10000"})
        public int rules = 1;

        private AgentAccess access = access(0, 1);
        private String lastTool = "";
        private String lastResource = "";

        /** Makes the rules. */
        @Setup
        public void policies() {
            access = access(0, rules);
            lastTool = "tool_" + (rules - 1) + "_x";
            lastResource = "repo://acme-" + (rules - 1) + "/issues/1";
        }
    }

    /** An agent with one rule among many others. */
    @State(Scope.Benchmark)
    public static class OtherAgents {
        @Param({"1", "100", "10000"})
        public int others = 1;

        private final Map<SpiffeId, AgentAccess> agents = new HashMap<>();

        /** Makes the agents. */
        @Setup
        public void agents() {
            for (int i = 0; i <= others; i++) {
                agents.put(agent(i), access(i, 1));
            }
        }
    }

    private static SpiffeId agent(int number) {
        return new SpiffeId("stockade.local", "agents", WorkloadKind.AGENT, "agent-" + number);
    }

    private static AgentAccess access(int number, int count) {
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rules.add(new Rule(
                    List.of(new NamePattern("tool_" + i), new NamePattern("tool_" + i + "_*")),
                    List.of(new NamePattern("repo://acme-" + i + "/*")),
                    List.of(),
                    Set.of()));
        }
        return new AgentAccess(
                agent(number),
                "default",
                SERVER,
                false,
                List.of(new AccessPolicy(SERVER.namespace(), "policy", 1, false, rules, List.of())));
    }

    private static Question call(String tool) {
        return Question.used("tools/call", GuardedKind.TOOL, tool, Arguments.none());
    }

    private static final SpiffeId FIRST = agent(0);

    @Benchmark
    public Decision toolThatTheLastRuleAllows(OwnRules own) {
        return own.access.decide(call(own.lastTool));
    }

    @Benchmark
    public Decision toolThatNoRuleNames(OwnRules own) {
        return own.access.decide(call("delete_repository"));
    }

    @Benchmark
    public Decision resourceThatTheLastRuleAllows(OwnRules own) {
        return own.access.decide(Question.resource("resources/read", own.lastResource));
    }

    @Benchmark
    public boolean amongTheRulesOfOtherAgents(OtherAgents others) {
        AgentAccess access = others.agents.get(FIRST);
        return access != null && access.decide(call("tool_0_x")).allows();
    }
}
