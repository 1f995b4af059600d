package dev.stockade.operator.health;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** Answers {@code /healthz/live}, {@code /healthz/ready} and {@code /metrics}, and nothing else; reads only. */
public final class HealthServer implements AutoCloseable {
    /** The port that the chart's probes ask. */
    public static final int PORT = 8080;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Supplier<List<String>> missing;
    private final Supplier<String> metrics;

    /**
     * Binds and answers.
     *
     * @param address port 0 for any free one
     * @param missing a sentence for each thing that this replica cannot do yet; empty: ready
     * @param metrics in Prometheus' text format
     * @throws IOException if the address cannot be bound
     */
    public HealthServer(InetSocketAddress address, Supplier<List<String>> missing, Supplier<String> metrics)
            throws IOException {
        this.missing = requireNonNull(missing);
        this.metrics = requireNonNull(metrics);
        server = HttpServer.create(address, 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    private void answer(HttpExchange exchange) throws IOException {
        if (!exchange.getRequestMethod().equals("GET")
                && !exchange.getRequestMethod().equals("HEAD")) {
            respond(exchange, 405, "text/plain; charset=utf-8", "Only reads are answered here.\n");
            return;
        }
        switch (exchange.getRequestURI().getPath()) {
            case "/healthz/live" -> respond(exchange, 200, "text/plain; charset=utf-8", "alive\n");
            case "/healthz/ready" -> {
                List<String> wants = missing.get();
                respond(
                        exchange,
                        wants.isEmpty() ? 200 : 503,
                        "text/plain; charset=utf-8",
                        wants.isEmpty() ? "ready\n" : String.join("\n", wants) + "\n");
            }
            case "/metrics" -> respond(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", metrics.get());
            default ->
                respond(
                        exchange,
                        404,
                        "text/plain; charset=utf-8",
                        "Only /healthz/live, /healthz/ready and /metrics are here.\n");
        }
    }

    private static void respond(HttpExchange exchange, int status, String type, String text) throws IOException {
        try (exchange) {
            byte[] body = text.getBytes(UTF_8);
            exchange.getResponseHeaders().set("Content-Type", type);
            boolean head = exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(status, head ? -1 : body.length);
            if (!head) {
                try (OutputStream out = exchange.getResponseBody()) {
                    out.write(body);
                }
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
