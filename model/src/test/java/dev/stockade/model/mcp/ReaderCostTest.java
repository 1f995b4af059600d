package dev.stockade.model.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.model.policy.AccessPolicy;
import dev.stockade.model.policy.AgentAccess;
import dev.stockade.model.policy.GuardedKind;
import dev.stockade.model.policy.NamePattern;
import dev.stockade.model.policy.Rule;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntSupplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Prints what reading and deciding cost, in nanoseconds of the thread's own time and in bytes allocated, after 100 ms of warm-up.
 * Only what does not depend on the machine is asserted: that what is allocated does not grow with the message, nor with the rules
 * of other agents.
 */
class ReaderCostTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final long SPAN = 100_000_000;

    /** @param sum of what the operations gave, so that none can be left out */
    private record Cost(long nanos, long bytes, long sum) {}

    private static Cost measured(IntSupplier operation) {
        long sum = 0;
        long warm = THREADS.getCurrentThreadCpuTime() + SPAN;
        while (THREADS.getCurrentThreadCpuTime() < warm) {
            sum += operation.getAsInt();
        }
        long bytes = THREADS.getCurrentThreadAllocatedBytes();
        long began = THREADS.getCurrentThreadCpuTime();
        long ended = began;
        int times = 0;
        while (ended - began < SPAN) {
            for (int i = 0; i < 10; i++) {
                sum += operation.getAsInt();
            }
            times += 10;
            ended = THREADS.getCurrentThreadCpuTime();
        }
        return new Cost((ended - began) / times, (THREADS.getCurrentThreadAllocatedBytes() - bytes) / times, sum);
    }

    @ParameterizedTest
    @ValueSource(ints = {1 << 10, 1 << 16, 1 << 20})
    void readingAllocatesNoMoreForALongMessage(int size) {
        byte[] body = body(size);
        ByteBuffer direct = ByteBuffer.allocateDirect(body.length).put(body).flip();
        McpReader reader = new McpReader(1);
        assertThat(reader.read(direct)).isInstanceOf(McpMessage.Request.class);

        Cost cost = measured(() -> reader.read(direct).hashCode());

        System.out.printf(
                "measured: reading a call of %d bytes takes %d ns and allocates %d bytes%n",
                body.length, cost.nanos(), cost.bytes());
        assertThat(cost.bytes()).as("bytes allocated").isLessThan(4096);
    }

    /** A call whose arguments are strings, numbers, lists and objects. */
    private static byte[] body(int size) {
        StringBuilder body =
                new StringBuilder("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
                        + "\"get_issue\",\"arguments\":{\"items\":[0");
        while (body.length() < size - 110) {
            body.append(
                    ",{\"title\":\"some text of an ordinary length, with é and \\n\",\"number\":12345.5,\"labels\":[\"bug\",null]}");
        }
        return body.append("]}}}").toString().getBytes(UTF_8);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100, 10_000})
    void decidingCostsNoMoreWithTheRulesOfOtherAgents(int others) {
        Map<SpiffeId, AgentAccess> agents = new HashMap<>();
        for (int i = 0; i <= others; i++) {
            SpiffeId id = new SpiffeId("stockade.local", "agents", WorkloadKind.AGENT, "agent-" + i);
            Rule rule = new Rule(
                    List.of(new NamePattern("get_*"), new NamePattern("agent_" + i + "_*")),
                    List.of(new NamePattern("repo://acme-" + i + "/*")),
                    List.of(),
                    Set.of());
            agents.put(
                    id,
                    new AgentAccess(
                            id,
                            "sa",
                            new SpiffeId("stockade.local", "tools", WorkloadKind.MCP, "github"),
                            false,
                            List.of(new AccessPolicy("tools", "p" + i, 1, false, List.of(rule), List.of()))));
        }
        SpiffeId agent = new SpiffeId("stockade.local", "agents", WorkloadKind.AGENT, "agent-0");
        Target tool = new Target(GuardedKind.TOOL, "get_issue");
        Target resource = new Target(GuardedKind.RESOURCE, "repo://acme-0/issues/1");
        assertThat(decide(agents, agent, tool)).isOne();
        assertThat(decide(agents, agent, resource)).isOne();

        Cost ofTool = measured(() -> decide(agents, agent, tool));
        Cost ofResource = measured(() -> decide(agents, agent, resource));

        System.out.printf(
                "measured: with a rule each for %d other agents, deciding on a tool takes %d ns and allocates %d bytes,"
                        + " on a resource %d ns and %d bytes%n",
                others, ofTool.nanos(), ofTool.bytes(), ofResource.nanos(), ofResource.bytes());
        assertThat(ofTool.sum()).as("calls allowed").isPositive();
        assertThat(ofTool.bytes()).as("bytes allocated for a tool").isLessThan(1024);
        assertThat(ofResource.bytes()).as("bytes allocated for a resource").isLessThan(8192);
    }

    private static int decide(Map<SpiffeId, AgentAccess> agents, SpiffeId agent, Target target) {
        AgentAccess access = agents.get(agent);
        return access != null && McpGuard.shows(access, target) ? 1 : 0;
    }
}
