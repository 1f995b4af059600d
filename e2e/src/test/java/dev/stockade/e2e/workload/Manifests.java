package dev.stockade.e2e.workload;

/** What teams apply, as YAML; every pod passes Pod Security "restricted". */
public final class Manifests {
    /** The port of the tests' MCP servers. */
    public static final int SERVER_PORT = 3001;

    private final String image;

    /** @param image of the tests' programs, as the cluster knows it */
    public Manifests(String image) {
        this.image = image;
    }

    /** Of the tests' programs, as the cluster knows it. */
    public String image() {
        return image;
    }

    /** A namespace that is in the mesh, or one that never heard of it. */
    public static String namespace(String name, boolean inMesh) {
        return """
                apiVersion: v1
                kind: Namespace
                metadata:
                  name: %s
                  labels: {stockade.dev/mesh: "%s", pod-security.kubernetes.io/enforce: restricted}
                """.formatted(name, inMesh ? "enabled" : "disabled");
    }

    public static String serviceAccount(String name) {
        return """
                apiVersion: v1
                kind: ServiceAccount
                metadata: {name: %s}
                """.formatted(name);
    }

    /** A Deployment of the reference server and a Service on port 80 that leads to it, both named alike. */
    public String server(String name, int replicas, boolean inject) {
        return """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: %1$s}
                spec:
                  replicas: %2$d
                  selector: {matchLabels: {app: %1$s}}
                  template:
                    metadata:
                      labels: {app: %1$s%3$s}
                    spec:
                      terminationGracePeriodSeconds: 5
                      automountServiceAccountToken: false
                      securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
                      containers:
                        - name: server
                          image: %4$s
                          imagePullPolicy: IfNotPresent
                          command: [server]
                          env: [{name: PORT, value: "%5$d"}]
                          ports: [{name: mcp, containerPort: %5$d}]
                          readinessProbe: {tcpSocket: {port: mcp}, periodSeconds: 1, timeoutSeconds: 10, failureThreshold: 10}
                          resources: {requests: {cpu: 10m, memory: 64Mi}, limits: {memory: 256Mi}}
                          securityContext: &secure
                            allowPrivilegeEscalation: false
                            readOnlyRootFilesystem: true
                            capabilities: {drop: [ALL]}
                          volumeMounts: [{name: tmp, mountPath: /tmp}]
                      volumes: [{name: tmp, emptyDir: {}}]
                ---
                apiVersion: v1
                kind: Service
                metadata: {name: %1$s}
                spec:
                  selector: {app: %1$s}
                  ports: [{name: mcp, port: 80, targetPort: mcp}]
                """.formatted(name, replicas, inject ? ", stockade.dev/inject: \"true\"" : "", image, SERVER_PORT);
    }

    /** As {@link #server}, of one that speaks HTTP+SSE of MCP 2024-11-05 and nothing else. */
    public String oldServer(String name) {
        return server(name, 1, true).replace("command: [server]", "command: [server, sse]");
    }

    /** As {@link #server} without its Service, of one that wants a token: see {@code guarded.mjs}. */
    public String guardedServer(String name) {
        String all = server(name, 1, true).replace("command: [server]", "command: [node, /app/guarded.mjs]");
        return all.substring(0, all.indexOf("---\n"));
    }

    /** As {@link #server}, with a second server beside it in the same pod, one port higher. */
    public String twoServers(String name) {
        String all = server(name, 1, true);
        int first = all.indexOf("        - name: server");
        int end = all.indexOf("      volumes:");
        String second = all.substring(first, end)
                .replace("name: server", "name: second")
                .replace("name: mcp", "name: mcp2")
                .replace("port: mcp", "port: mcp2")
                .replace("&secure", "&second")
                .replace(String.valueOf(SERVER_PORT), String.valueOf(SERVER_PORT + 1));
        return all.substring(0, end) + second + all.substring(end);
    }

    /** A StatefulSet with its headless Service. */
    public String statefulServer(String name) {
        return server(name, 1, true)
                .replace("kind: Deployment", "kind: StatefulSet")
                .replace("  replicas: 1\n", "  serviceName: %s\n  replicas: 1\n".formatted(name))
                .replace("spec:\n  selector: {app: ", "spec:\n  clusterIP: None\n  selector: {app: ");
    }

    /** A pod of an agent whose program listens for itself on the servers' port, at every address. */
    public String listeningAgent(String name, String serviceAccount, boolean declares) {
        return agent(name, serviceAccount, true)
                .replace(
                        "command: [agent, idle]",
                        "command: [node, -e, \"require('node:net').createServer().listen(%1$d, '0.0.0.0')\"]%2$s"
                                .formatted(
                                        SERVER_PORT,
                                        declares ? "\n      ports: [{containerPort: %d}]".formatted(SERVER_PORT) : ""));
    }

    /** A Deployment and its Service, as {@link #server}, of something that listens on loopback alone. */
    public String loopbackServer(String name) {
        return server(name, 1, true)
                .replace(
                        "command: [server]",
                        "command: [node, -e, \"require('node:http').createServer((q, a) => a.end()).listen(%d, '127.0.0.1')\"]"
                                .formatted(SERVER_PORT));
    }

    /** A pod of an agent that stays idle until somebody runs a program in it. */
    public String agent(String name, String serviceAccount, boolean inject) {
        return """
                apiVersion: v1
                kind: Pod
                metadata:
                  name: %1$s
                  labels: {app: %1$s%2$s}
                %3$s
                """.formatted(
                        name,
                        inject ? ", stockade.dev/inject: \"true\"" : "",
                        agentSpec(serviceAccount, "Always", "[agent, idle]"));
    }

    /** A Deployment of agents that stay idle, without a word of Stockade. */
    public String agentDeployment(String name, String serviceAccount) {
        return """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: %1$s}
                spec:
                  selector: {matchLabels: {app: %1$s}}
                  template:
                    metadata:
                      labels: {app: %1$s}
                %2$s
                """.formatted(
                name,
                agentSpec(serviceAccount, "Always", "[agent, idle]").indent(4).stripTrailing());
    }

    /** A pod of an agent that does not end when it is asked to, and is let live on for a while. */
    public String stubbornAgent(String name, String serviceAccount) {
        return agent(name, serviceAccount, true)
                .replace(
                        "[agent, idle]",
                        "[node, -e, \"process.on('SIGTERM', () => {}); setInterval(() => {}, 1 << 30)\"]")
                .replace("terminationGracePeriodSeconds: 5", "terminationGracePeriodSeconds: 45");
    }

    /** A Deployment of agents that weigh next to nothing, each of which holds one event stream open as well as it can. */
    public String crowd(String name, String serviceAccount, String url) {
        return """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: %1$s}
                spec:
                  replicas: 0
                  selector: {matchLabels: {app: %1$s}}
                  template:
                    metadata:
                      labels: {app: %1$s, stockade.dev/inject: "true"}
                %2$s
                """.formatted(
                        name,
                        agentSpec(serviceAccount, "Always", "[light, hold, '%s']".formatted(url))
                                .replace("{cpu: 10m, memory: 64Mi}", "{cpu: 1m, memory: 8Mi}")
                                .indent(4)
                                .stripTrailing());
    }

    /** A pod of an agent that calls all the time, on a node, and tells of it in its log. */
    public String steadyAgent(String name, String node, String url) {
        return """
                apiVersion: v1
                kind: Pod
                metadata:
                  name: %1$s
                  labels: {app: %1$s, stockade.dev/inject: "true"}
                %2$s
                """.formatted(
                name,
                agentSpec(name, "Always", "[light, steady, '%s']".formatted(url))
                        .replace("spec:\n", "spec:\n  nodeSelector: {kubernetes.io/hostname: %s}\n".formatted(node)));
    }

    /** A {@link #server} whose replicas are kept on nodes of their own. */
    public String spreadServer(String name, int replicas) {
        String spread = """
                topologySpreadConstraints:
                  - maxSkew: 1
                    topologyKey: kubernetes.io/hostname
                    whenUnsatisfiable: DoNotSchedule
                    nodeTaintsPolicy: Ignore
                    labelSelector: {matchLabels: {app: %s}}
                """.formatted(name).indent(6);
        return server(name, replicas, true)
                .replace("      terminationGracePeriodSeconds", spread + "      terminationGracePeriodSeconds");
    }

    /** A Job with an agent's identity that calls one tool and is done. */
    public String job(String name, String serviceAccount, String url, String tool, String arguments) {
        return """
                apiVersion: batch/v1
                kind: Job
                metadata: {name: %1$s}
                spec:
                  backoffLimit: 0
                  template:
                    metadata:
                      labels: {app: %1$s, stockade.dev/inject: "true"}
                %2$s
                """.formatted(
                name,
                agentSpec(serviceAccount, "Never", "[agent, call, '%s', %s, '%s']".formatted(url, tool, arguments))
                        .indent(4)
                        .stripTrailing());
    }

    private String agentSpec(String serviceAccount, String restartPolicy, String command) {
        return """
                spec:
                  restartPolicy: %3$s
                  terminationGracePeriodSeconds: 5
                  serviceAccountName: %1$s
                  automountServiceAccountToken: false
                  securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
                  containers:
                    - name: agent
                      image: %2$s
                      imagePullPolicy: IfNotPresent
                      command: %4$s
                      resources: {requests: {cpu: 10m, memory: 64Mi}, limits: {memory: 512Mi}}
                      securityContext:
                        allowPrivilegeEscalation: false
                        readOnlyRootFilesystem: true
                        capabilities: {drop: [ALL]}
                      volumeMounts: [{name: tmp, mountPath: /tmp}]
                  volumes: [{name: tmp, emptyDir: {}}]
                """.formatted(serviceAccount, image, restartPolicy, command);
    }

    /** A SecureMcpServer for {@link #server}; more is further fields of spec, as they stand in a flow mapping, or empty. */
    public static String secureMcpServer(String name, String more) {
        return """
                apiVersion: stockade.dev/v1alpha1
                kind: SecureMcpServer
                metadata: {name: %1$s}
                spec: {selector: {matchLabels: {app: %1$s}}, port: %2$d%3$s}
                """.formatted(name, SERVER_PORT, more.isEmpty() ? "" : ", " + more);
    }

    /** One more for the pods of {@link #server}, at another port. */
    public static String secureMcpServer(String name, String app, int port) {
        return """
                apiVersion: stockade.dev/v1alpha1
                kind: SecureMcpServer
                metadata: {name: %s}
                spec: {selector: {matchLabels: {app: %s}}, port: %d}
                """.formatted(name, app, port);
    }

    /** An AgentIdentity of the service account of the same name. */
    public static String agentIdentity(String name, String more) {
        return """
                apiVersion: stockade.dev/v1alpha1
                kind: AgentIdentity
                metadata: {name: %1$s}
                spec: {serviceAccountName: %1$s%2$s}
                """.formatted(name, more.isEmpty() ? "" : ", " + more);
    }

    /** A policy that lets one agent use tools of one server of the policy's namespace. */
    public static String policy(String name, String agentNamespace, String agent, String server, String tools) {
        return """
                apiVersion: stockade.dev/v1alpha1
                kind: McpAccessPolicy
                metadata: {name: %s}
                spec:
                  agents: [{namespace: %s, name: %s}]
                  servers: [{name: %s}]
                  allow: [{tools: [%s]}]
                """.formatted(name, agentNamespace, agent, server, tools);
    }
}
