package dev.stockade.e2e.mesh;

import static dev.stockade.e2e.workload.Manifests.agentIdentity;
import static dev.stockade.e2e.workload.Manifests.policy;
import static dev.stockade.e2e.workload.Manifests.secureMcpServer;
import static dev.stockade.e2e.workload.Manifests.serviceAccount;

import dev.stockade.e2e.evidence.Measurements.Row;
import dev.stockade.e2e.workload.Program;
import java.util.List;

/**
 * The workloads that all scenarios use and none changes: two replicas of a protected server; an agent with a grant, one without,
 * one in the server's own namespace; a pod of the mesh without identity; a pod outside, and an unprotected server beside it.
 */
public record Standing(Team tools, Team agents, Team outside) {
    public static final String SERVER = "everything";
    public static final List<String> GRANTED =
            List.of("echo", "trigger-long-running-operation", "toggle-simulated-logging");
    /** Below the server's own bound of 4 MiB, so that a refusal is the sidecar's. */
    public static final int REQUEST_BYTES = 2 << 20;

    public static final String LOCAL = "http://127.0.0.1:15001/e2e-tools/everything";

    static Standing raise(Mesh mesh) {
        Team tools = mesh.team("e2e-tools");
        Team agents = mesh.team("e2e-agents");
        Team outside = mesh.outsiders("e2e-outside");
        String granted = String.join(", ", GRANTED);
        tools.apply(
                tools.manifests().server(SERVER, 2, true),
                secureMcpServer(SERVER, "limits: {requestBytes: 2Mi}"),
                policy("readers", "e2e-agents", "reader", SERVER, granted),
                policy("neighbours", "e2e-tools", "neighbour", SERVER, "echo"));
        agents.apply(
                serviceAccount("reader"),
                agentIdentity("reader", "servers: [{namespace: e2e-tools}]"),
                serviceAccount("stranger"),
                agentIdentity("stranger", "servers: [{namespace: e2e-tools}]"),
                serviceAccount("nobody"),
                agents.manifests().agent("nobody", "nobody", false));
        tools.apply(serviceAccount("neighbour"), agentIdentity("neighbour", ""));
        outside.apply(
                outside.manifests().server("direct", 1, false),
                serviceAccount("outsider"),
                outside.manifests().agent("outsider", "outsider", false));
        // The agents' pods come once the server's Service is known, so that its names lead into the mesh.
        tools.awaitDeployment(SERVER);
        agents.apply(
                agents.manifests().agent("reader", "reader", true),
                agents.manifests().agent("stranger", "stranger", true));
        tools.apply(tools.manifests().agent("neighbour", "neighbour", true));
        outside.awaitDeployment("direct").awaitReady("outsider");
        agents.awaitReady("nobody").awaitReady("reader").awaitReady("stranger");
        tools.awaitReady("neighbour");
        var standing = new Standing(tools, agents, outside);
        tools.server(SERVER).await("Ready", "True");
        tools.policy("readers").await("Ready", "True");
        tools.policy("neighbours").await("Ready", "True");
        agents.agentIdentity("reader").await("Ready", "True");
        agents.agentIdentity("stranger").await("Ready", "True");
        tools.agentIdentity("neighbour").await("Ready", "True");
        mesh.measurements().record(Row.POD_WITH_SIDECAR, PodStart.of(agents.pod("reader")));
        mesh.measurements().record(Row.POD_WITHOUT_SIDECAR, PodStart.of(agents.pod("nobody")));
        return standing;
    }

    /** An agent with a grant. */
    public Program reader() {
        return agents.program("reader");
    }

    /** An agent with an identity and no grant. */
    public Program stranger() {
        return agents.program("stranger");
    }

    /** A pod in a namespace of the mesh that has no identity and no sidecar. */
    public Program nobody() {
        return agents.program("nobody");
    }

    /** An agent in the server's own namespace. */
    public Program neighbour() {
        return tools.program("neighbour");
    }

    /** A pod in a namespace that is not in the mesh. */
    public Program outsider() {
        return outside.program("outsider");
    }
}
