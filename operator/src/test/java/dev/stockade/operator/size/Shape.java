package dev.stockade.operator.size;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a mesh of one size consists of. Servers, agents and policies grow with the sidecars, and what one of them has to do with
 * does not: a server has two pods and some seven policies, an agent some three pods and four policies. One policy is broad: it
 * opens a tenth of the servers to a tenth of the agents.
 *
 * @param sidecars a multiple of 200
 */
record Shape(int sidecars) {
    private static final int NAMESPACES = 10;
    private static final int REPLICAS = 2;

    int servers() {
        return sidecars * 3 / 20;
    }

    int agents() {
        return sidecars / 4;
    }

    int policies() {
        return sidecars;
    }

    List<String> namespaces() {
        return IntStream.range(0, NAMESPACES)
                .boxed()
                .flatMap(i -> List.of("tools-" + i, "agents-" + i).stream())
                .toList();
    }

    String serverNamespace(int server) {
        return "tools-" + server % NAMESPACES;
    }

    String agentNamespace(int agent) {
        return "agents-" + agent % NAMESPACES;
    }

    /** The first is the broad one. */
    int serverOf(int policy) {
        return policy % servers();
    }

    /** No two policies of a server name the same agent. */
    int agentOf(int policy) {
        return (policy * 7 + policy / servers()) % agents();
    }

    /** In the broad policy, and in whose namespace. */
    static boolean isBroad(int one) {
        return one % NAMESPACES == 0;
    }

    /** The servers that an agent takes, by the policies that name it. */
    List<Integer> taken(int agent) {
        return IntStream.range(1, policies())
                .filter(policy -> agentOf(policy) == agent)
                .map(this::serverOf)
                .filter(server -> !(isBroad(agent) && isBroad(server)))
                .distinct()
                .boxed()
                .toList();
    }

    /** Servers' pods come first. */
    List<Workload> pods() {
        List<Workload> pods = new ArrayList<>();
        for (int i = 0; i < sidecars; i++) {
            boolean server = i < servers() * REPLICAS;
            int owner = server ? i % servers() : (i - servers() * REPLICAS) % agents();
            pods.add(new Workload(
                    i,
                    server,
                    owner,
                    server ? serverNamespace(owner) : agentNamespace(owner),
                    (server ? "server-" : "agent-") + owner + "-" + i));
        }
        return pods;
    }

    /**
     * One pod.
     *
     * @param owner the number of its server or agent
     */
    record Workload(int index, boolean server, int owner, String namespace, String name) {
        String address() {
            return "127." + (101 + index / 60_000) + "." + (index / 240 % 250) + "." + (index % 240 + 1);
        }

        String account() {
            return server ? "default" : "agent-" + owner;
        }
    }

    /** The pods whose sidecars one edit of this policy concerns. */
    List<Workload> concerned(int policy) {
        return pods().stream()
                .filter(pod -> policy == 0
                        ? isBroad(pod.owner())
                        : pod.owner() == (pod.server() ? serverOf(policy) : agentOf(policy)))
                .toList();
    }
}
