package dev.stockade.interop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Tells clients the way through the mesh to servers that nobody knew before they were started: {@code GET ?url=...}. */
final class Through implements AutoCloseable {
    private final List<TwoSidecars> meshes = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpServer server;

    Through() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    /** Where to ask. */
    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    }

    /** Whoever went around the mesh has proven nothing. */
    void wasUsed(int times) {
        assertThat(meshes).hasSize(times).allSatisfy(TwoSidecars::wasUsed);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String query = exchange.getRequestURI().getRawQuery();
            URI wanted = URI.create(URLDecoder.decode(query.substring("url=".length()), UTF_8));
            TwoSidecars mesh =
                    new TwoSidecars(wanted.getPort(), wanted.getPath().isEmpty() ? "/" : wanted.getPath());
            meshes.add(mesh);
            byte[] way = mesh.local().toString().getBytes(UTF_8);
            exchange.sendResponseHeaders(200, way.length);
            exchange.getResponseBody().write(way);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.close();
        meshes.forEach(TwoSidecars::close);
    }
}
