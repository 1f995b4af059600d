package dev.stockade.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Runs each command once in one process, so that the packaging can keep the classes that they need, loaded and linked. Talks to
 * nobody: the cluster that is asked is a port of this machine that nobody listens on.
 */
final class Rehearsal {
    private static final Map<String, String> FILES = Map.of(
            "mesh.yaml", """
                    apiVersion: stockade.dev/v1alpha1
                    kind: SecureMcpServer
                    metadata: {name: github, namespace: tools}
                    spec: {selector: {matchLabels: {app: github}}, port: 3000, limits: {requestBytes: 1Mi}}
                    ---
                    apiVersion: stockade.dev/v1alpha1
                    kind: AgentIdentity
                    metadata: {name: triage, namespace: agents}
                    spec: {serviceAccountName: triage, servers: [{namespace: tools}]}
                    ---
                    apiVersion: stockade.dev/v1alpha1
                    kind: McpAccessPolicy
                    metadata: {name: reads, namespace: tools}
                    spec:
                      agents: [{namespace: agents, name: triage}]
                      servers: [{name: github}]
                      allow: [{tools: [get_issue]}, {resources: ["repo://acme/*"]}]
                      deny: [{tools: ["delete_*"]}]
                    ---
                    apiVersion: stockade.dev/v1alpha1
                    kind: MeshTrust
                    metadata: {name: default}
                    spec: {trustDomain: stockade.local}
                    """,
            "cases.yaml", """
                    policies: [mesh.yaml]
                    cases:
                      - {agent: agents/triage, server: tools/github, call: get_issue, args: {a: 1}, expect: allow}
                      - {agent: agents/triage, server: tools/github, call: delete_x, expect: allow}
                    """,
            "kubeconfig", """
                    apiVersion: v1
                    kind: Config
                    clusters: [{name: none, cluster: {server: "https://127.0.0.1:1"}}]
                    users: [{name: nobody, user: {token: none}}]
                    contexts: [{name: none, context: {cluster: none, user: nobody}}]
                    current-context: none
                    """);

    private Rehearsal() {}

    /** @param arguments an empty folder */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        for (Map.Entry<String, String> file : FILES.entrySet()) {
            Files.writeString(folder.resolve(file.getKey()), file.getValue());
        }
        run(folder, ExitCodes.YES, "can-i", "triage", "call", "github/get_issue", "-f", ".", "-a", "{\"a\":[1]}");
        run(
                folder,
                ExitCodes.YES,
                "can-i",
                "triage",
                "read",
                "github",
                "repo://acme/x",
                "-f",
                "mesh.yaml",
                "-o",
                "json");
        run(folder, ExitCodes.NO, "policy", "test", "cases.yaml");
        run(folder, ExitCodes.CLUSTER, "can-i", "triage", "connect", "github", "--kubeconfig", "kubeconfig");
        run(folder, ExitCodes.CLUSTER, "status", "--kubeconfig", "kubeconfig");
        run(folder, ExitCodes.CLUSTER, "doctor", "--kubeconfig", "kubeconfig");
        run(folder, ExitCodes.UNUSABLE, "audit", "verify");
        run(folder, ExitCodes.YES, "__complete", "can-i", "");
        run(folder, ExitCodes.YES, "can-i", "--help");
    }

    private static void run(Path folder, int expected, String... arguments) {
        StringWriter said = new StringWriter();
        int code = KubectlStockade.run(
                new Surroundings(
                        new ByteArrayInputStream(new byte[0]), new PrintWriter(said), new PrintWriter(said), folder),
                arguments);
        if (code != expected) {
            throw new IllegalStateException(
                    String.join(" ", arguments) + " ended with " + code + " and not with " + expected + ":\n" + said);
        }
    }
}
