package dev.stockade.interop;

import dev.stockade.interop.Program.Command;
import dev.stockade.interop.javasdk.ToolServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The servers that clients are run against, each started at a port of loopback. */
final class Servers {
    private Servers() {}

    /** Ours, of both generations, with all that the suites and the SDKs' clients ask for. */
    static Served fixture() {
        return Served.start(
                "fixture", port -> Installed.nodeProgram("fixture.mjs").and(Integer.toString(port)));
    }

    /** The reference server, on the TypeScript SDK 1.x. */
    static Served everything() {
        return Served.start(
                "server-everything",
                port -> packaged("@modelcontextprotocol/server-everything")
                        .and("streamableHttp")
                        .with("PORT", Integer.toString(port)));
    }

    /** One on the Go SDK, for a cluster that does not answer. */
    static Served kubernetes() {
        Path kubeconfig = write("kubeconfig", """
                apiVersion: v1
                kind: Config
                clusters: [{name: none, cluster: {server: "http://127.0.0.1:1"}}]
                contexts: [{name: none, context: {cluster: none, user: none}}]
                users: [{name: none, user: {}}]
                current-context: none
                """);
        return Served.start(
                "kubernetes-mcp-server",
                port -> new Command(
                                Installed.node(), Installed.kubernetesServer().toString())
                        .and("--bind-address", "127.0.0.1", "--port", Integer.toString(port))
                        .and("--cluster-provider", "kubeconfig", "--kubeconfig", kubeconfig.toString()));
    }

    /** One that speaks to its standard input and output, behind a gateway. */
    static Served files() {
        String command = String.join(
                        " ", packaged("@modelcontextprotocol/server-filesystem").words()) + " " + folder();
        return Served.start(
                "supergateway",
                port -> packaged("supergateway")
                        .and("--stdio", command, "--outputTransport", "streamableHttp", "--stateful")
                        .and("--logLevel", "none", "--port", Integer.toString(port)));
    }

    /** What {@link #files()} shows, with one file. */
    static Path folder() {
        write("files/greeting.txt", "Grüße, 世界 😀\n".repeat(2000));
        return Program.OUTPUT.resolve("files");
    }

    /** One on the Java SDK. */
    static Served java() {
        return Served.start(
                "Java server", port -> Installed.javaProgram(ToolServer.class).and(Integer.toString(port)));
    }

    private static Command packaged(String name) {
        return Installed.nodeProgram(Installed.node()
                .resolve("node_modules/" + name + "/dist/index.js")
                .toString());
    }

    private static Path write(String name, String content) {
        try {
            Files.createDirectories(Program.OUTPUT.resolve("files"));
            return Files.writeString(Program.OUTPUT.resolve(name), content);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
