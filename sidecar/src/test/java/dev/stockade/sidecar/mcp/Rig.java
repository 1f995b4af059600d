package dev.stockade.sidecar.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.model.policy.AccessPolicy;
import dev.stockade.model.policy.AgentAccess;
import dev.stockade.model.policy.ClientFeature;
import dev.stockade.model.policy.NamePattern;
import dev.stockade.model.policy.Rule;
import dev.stockade.sidecar.audit.AuditLog;
import dev.stockade.sidecar.limits.Allowances;
import dev.stockade.sidecar.log.Log;
import dev.stockade.sidecar.metrics.Metrics;
import dev.stockade.sidecar.state.ServerRules;
import dev.stockade.sidecar.vantage.OwnServer;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import javax.crypto.spec.SecretKeySpec;

/** A server on loopback, the server's side of the mesh in front of it, and agents that speak plain HTTP to it. */
final class Rig implements AutoCloseable {
    static final SpiffeId TRIAGE = new SpiffeId("stockade.local", "agents", WorkloadKind.AGENT, "triage");
    static final SpiffeId OTHER = new SpiffeId("stockade.local", "agents", WorkloadKind.AGENT, "other");
    static final SpiffeId SERVER = new SpiffeId("stockade.local", "tools", WorkloadKind.MCP, "github");
    /** Of the image. */
    private static final long DIRECT_MEMORY = 80L << 20;

    static final String TAG = ReplicaTag.of("uid-1");

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Of the rules that are put in force from now on. */
    ServerRules.Limits limits =
            new ServerRules.Limits(1 << 20, 32 << 20, 256, Duration.ofMinutes(5), 600, Duration.ofHours(1));

    final AtomicReference<Optional<ServerRules>> rules = new AtomicReference<>(Optional.empty());
    final Metrics metrics = new Metrics();
    final AtomicBoolean stale = new AtomicBoolean();
    final AtomicBoolean draining = new AtomicBoolean();
    /** By which the audit log tells how long a write takes. */
    final AtomicLong auditNanos = new AtomicLong();

    final ByteArrayOutputStream audit = new ByteArrayOutputStream();
    final ChannelGroup streams = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    final List<String> asked = new ArrayList<>();
    final AtomicReference<HttpHandler> handler = new AtomicReference<>(Rig::echo);
    final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** Whether the rules that are put in force next only observe. */
    boolean observe;

    private final HttpServer server;
    private final MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    final AuditLog log;
    private final Allowances allowances = new Allowances(rules::get, DIRECT_MEMORY, loops.next());
    final OwnServer own = new OwnServer();
    private final McpServerSide side;
    private final Channel triage;
    private final Channel other;

    /** What the server does with a request whose body was read. */
    interface HttpHandler {
        void handle(HttpExchange exchange, String body) throws IOException;
    }

    Rig() throws Exception {
        this(Optional.empty());
    }

    Rig(Optional<OutputStream> auditTo) throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
            synchronized (asked) {
                asked.add(body);
            }
            handler.get().handle(exchange, body);
        });
        server.start();
        log = new AuditLog(
                auditTo.orElse(audit),
                "boot-1",
                1000,
                new Log(new PrintStream(OutputStream.nullOutputStream()), Clock.systemUTC()),
                auditNanos::get);
        side = new McpServerSide(
                rules::get,
                stale::get,
                draining::get,
                log,
                new LoopbackDialer(NioSocketChannel.class),
                Clock.systemUTC(),
                new BoundPod("tools", "github-0", "uid-1", 1),
                allowances,
                metrics,
                own);
        triage = listen(TRIAGE);
        other = listen(OTHER);
        allow(rule(List.of("echo", "get_*"), List.of("repo://acme/*"), List.of("greet"), Set.of()));
    }

    private Channel listen(SpiffeId agent) throws Exception {
        return new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel stream) {
                        streams.add(stream);
                        side.install(stream, new Peer(agent, new BoundPod("agents", agent.name() + "-0", "uid-a", 1)));
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .sync()
                .channel();
    }

    static Rule rule(List<String> tools, List<String> resources, List<String> prompts, Set<ClientFeature> features) {
        return new Rule(patterns(tools), patterns(resources), patterns(prompts), features);
    }

    private static List<NamePattern> patterns(List<String> texts) {
        return texts.stream().map(NamePattern::new).toList();
    }

    /** Both agents may do this. */
    void allow(Rule... allow) {
        rules(ServerRules.AuditRules.OnFailure.DENY, false, allow);
    }

    void rules(ServerRules.AuditRules.OnFailure onFailure, boolean suspended, Rule... allow) {
        policies(
                onFailure,
                observe,
                suspended,
                List.of(new AccessPolicy("tools", "reads", 1, false, List.of(allow), List.of())));
    }

    /** Both agents are named by these. */
    void policies(boolean observe, AccessPolicy... policies) {
        policies(observe, false, policies);
    }

    void policies(boolean observe, boolean suspended, AccessPolicy... policies) {
        policies(ServerRules.AuditRules.OnFailure.DENY, observe, suspended, List.of(policies));
    }

    private void policies(
            ServerRules.AuditRules.OnFailure onFailure,
            boolean observe,
            boolean suspended,
            List<AccessPolicy> policies) {
        AgentAccess access = new AgentAccess(TRIAGE, "triage", SERVER, suspended, policies);
        rules.set(Optional.of(new ServerRules(
                SERVER,
                "tools",
                "github",
                7,
                server.getAddress().getPort(),
                "/mcp",
                "localhost:3000",
                observe,
                limits,
                new ServerRules.AuditRules(
                        ServerRules.AuditRules.Arguments.DIGEST,
                        onFailure,
                        new SecretKeySpec(new byte[32], "HmacSHA256")),
                new SecretKeySpec(new byte[32], "HmacSHA256"),
                Map.of(TRIAGE, access, OTHER, new AgentAccess(OTHER, "other", SERVER, false, policies)))));
        rulesChanged();
    }

    /** What stands in {@link #rules} is in force. */
    void rulesChanged() {
        side.rulesChanged();
    }

    /** Answers every request with its own method as a result. */
    static void echo(HttpExchange exchange, String body) throws IOException {
        if (body.isEmpty()) {
            answer(exchange, 200, "application/json", "");
            return;
        }
        JsonNode message = JSON.readTree(body);
        if (!message.has("id") || !message.has("method")) {
            answer(exchange, 202, "", "");
            return;
        }
        answer(
                exchange,
                200,
                "application/json",
                "{\"jsonrpc\":\"2.0\",\"id\":" + message.get("id") + ",\"result\":{\"method\":" + message.get("method")
                        + "}}");
    }

    static void answer(HttpExchange exchange, int status, String type, String body) throws IOException {
        if (!type.isEmpty()) {
            exchange.getResponseHeaders().set("Content-Type", type);
        }
        byte[] bytes = body.getBytes(UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    HttpRequest.Builder request() {
        return request(triage);
    }

    HttpRequest.Builder requestOfOther() {
        return request(other);
    }

    /** The usual rules, with these limits. */
    void limits(ServerRules.Limits now) {
        limits = now;
        allow(rule(List.of("echo"), List.of(), List.of(), Set.of()));
    }

    private static HttpRequest.Builder request(Channel at) {
        return HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + ((InetSocketAddress) at.localAddress()).getPort() + "/mcp"))
                .header("Content-Type", "application/json")
                .header("Accept", "application/json, text/event-stream")
                .timeout(Duration.ofSeconds(20));
    }

    HttpResponse<String> post(String body) throws Exception {
        return http.send(
                request().POST(HttpRequest.BodyPublishers.ofString(body)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** A connection for bytes that no HTTP client would send. */
    Socket socket() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), ((InetSocketAddress) triage.localAddress()).getPort());
    }

    HttpResponse<String> postOfOther(String body) throws Exception {
        return http.send(
                requestOfOther().POST(HttpRequest.BodyPublishers.ofString(body)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    String raw(String bytes) throws IOException {
        try (Socket socket = socket()) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(bytes.getBytes(UTF_8));
            socket.getOutputStream().flush();
            byte[] read = new byte[64 * 1024];
            int n = socket.getInputStream().read(read);
            return n < 0 ? "" : new String(read, 0, n, UTF_8);
        }
    }

    /** What bodies and answers hold of the memory now, in bytes. */
    long bufferUsed() throws Exception {
        return loops.next().submit(() -> allowances.buffer().used()).get();
    }

    static JsonNode json(String text) throws IOException {
        return JSON.readTree(text);
    }

    /** The audit lines so far. */
    List<JsonNode> lines() throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : audit.toString(UTF_8).lines().toList()) {
            lines.add(JSON.readTree(line));
        }
        return lines;
    }

    String asked(int index) {
        synchronized (asked) {
            return asked.get(index);
        }
    }

    int timesAsked() {
        synchronized (asked) {
            return asked.size();
        }
    }

    void stopServer() {
        server.stop(0);
    }

    @Override
    public void close() {
        http.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        log.close();
        server.stop(0);
    }
}
