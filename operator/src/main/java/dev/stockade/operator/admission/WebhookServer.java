package dev.stockade.operator.admission;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.stockade.operator.metrics.ReviewMeters;
import dev.stockade.operator.metrics.ReviewMeters.Answer;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.X509ExtendedKeyManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the webhooks over TLS 1.3, on every replica, one virtual thread a request.
 *
 * <p>Bodies are taken in by {@link Intake}, and at most {@link #CONCURRENT} are reviewed at once; others wait for the API server's
 * patience. What a handler throws is logged and answered as a refusal. What another replica asks
 * ({@link OtherReplicas}) is answered by a handler that asks nobody, and has places of its own: two replicas that ask each other
 * would otherwise wait for each other.
 */
public final class WebhookServer implements AutoCloseable {
    private static final int CONCURRENT = 16;
    private static final int CONCURRENT_OF_REPLICAS = 8;
    private static final Logger LOG = LoggerFactory.getLogger(WebhookServer.class);

    private final HttpsServer server;
    private final ExecutorService threads;
    private final Caller apiServer = new Caller(CONCURRENT);
    private final Caller replicas = new Caller(CONCURRENT_OF_REPLICAS);
    private final ReviewMeters reviews;
    private volatile boolean draining;

    /** What those have to themselves who ask in one way. */
    private record Caller(Intake intake, Semaphore places) {
        Caller(int places) {
            this(new Intake(), new Semaphore(places));
        }
    }

    /**
     * Binds, and answers from {@link #start} on.
     *
     * @param address port 0 for any free one
     * @param certificates asked anew in every handshake, so that a renewed certificate is served at once
     * @param handlers path to what answers the API server there
     * @param forReplicas path to what answers another replica there
     * @param meters how long reviews take and how they end
     * @throws UncheckedIOException if the address cannot be bound
     */
    WebhookServer(
            InetSocketAddress address,
            X509ExtendedKeyManager certificates,
            Map<String, AdmissionHandler> handlers,
            Map<String, AdmissionHandler> forReplicas,
            MeterRegistry meters) {
        requireNonNull(certificates);
        reviews = new ReviewMeters(
                meters, handlers.keySet().stream().map(WebhookServer::name).toList());
        try {
            SSLContext tls = SSLContext.getInstance("TLS");
            tls.init(new KeyManager[] {certificates}, null, null);
            server = HttpsServer.create(address, 0);
            server.setHttpsConfigurator(new Tls13(tls));
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "webhooks: cannot listen on port " + address.getPort() + ": " + e.getMessage(), e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("webhooks: this Java has no TLS: " + e.getMessage(), e);
        }
        threads = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("webhook-", 0).factory());
        server.setExecutor(threads);
        server.createContext("/", exchange -> refuse(exchange, 404, "No webhook has this path."));
        handlers.forEach((path, handler) -> server.createContext(path, exchange -> {
            AdmissionHandler forReplica = OtherReplicas.asks(exchange.getRequestURI()) ? forReplicas.get(path) : null;
            if (forReplica != null) {
                serve(exchange, path, replicas, request -> answerReplica(forReplica, request));
            } else {
                serve(exchange, path, apiServer, request -> review(path, handler, request));
            }
        }));
    }

    /**
     * The webhooks of the operator: {@code /inject}, {@code /validate-pod} and {@code /validate}.
     *
     * @param sidecar what to inject now; throws as long as the mesh has no trust bundle
     * @param others the other replicas, which may have injected what is checked here
     */
    public static WebhookServer of(
            InetSocketAddress address,
            X509ExtendedKeyManager certificates,
            MembershipLookup memberships,
            Supplier<SidecarTemplate> sidecar,
            OtherReplicas others,
            KubernetesSerialization serialization,
            MeterRegistry meters) {
        return new WebhookServer(
                address,
                certificates,
                Map.of(
                        "/inject",
                        new PodInjection(memberships, sidecar, serialization),
                        OtherReplicas.PATH,
                        new PodValidation(memberships, sidecar, others::claim, serialization),
                        "/validate",
                        new ResourceValidation(serialization)),
                Map.of(OtherReplicas.PATH, new PodValidation(memberships, sidecar, _ -> false, serialization)),
                meters);
    }

    /** Begins to answer. */
    public void start() {
        server.start();
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    /**
     * Goes on answering, and has the API server make its next connection for each: with the Service behind it, to another replica.
     * The API server keeps its connections open, and what it sends on one that is closed at that moment fails.
     */
    public void drain() {
        draining = true;
    }

    /** Takes no new request, and gives those under way two seconds. */
    @Override
    public void close() {
        server.stop(2);
        threads.shutdownNow();
    }

    private void serve(HttpExchange exchange, String path, Caller caller, AdmissionHandler handler) throws IOException {
        if (!exchange.getRequestURI().getPath().equals(path)) {
            refuse(exchange, 404, "No webhook has this path.");
            return;
        }
        if (!exchange.getRequestMethod().equals("POST")) {
            refuse(exchange, 405, "Admission reviews are sent by POST.");
            return;
        }
        boolean taken = caller.intake()
                .take(
                        exchange.getRemoteAddress().getAddress(),
                        exchange.getRequestBody(),
                        body -> answer(exchange, body, caller.places(), handler));
        if (!taken) {
            refuse(exchange, 413, "An admission review has at most " + Intake.LARGEST + " bytes.");
        }
    }

    private void answer(HttpExchange exchange, byte[] body, Semaphore places, AdmissionHandler handler)
            throws IOException {
        places.acquireUninterruptibly();
        try {
            AdmissionRequest request;
            try {
                request = AdmissionReviews.read(body);
            } catch (IllegalArgumentException e) {
                refuse(exchange, 400, String.valueOf(e.getMessage()));
                return;
            }
            respond(exchange, 200, "application/json", AdmissionReviews.write(request.uid(), handler.review(request)));
        } finally {
            places.release();
        }
    }

    private static String name(String path) {
        return path.substring(1);
    }

    /** Neither logged nor counted: whoever asked does both. */
    private static Verdict answerReplica(AdmissionHandler handler, AdmissionRequest request) {
        try {
            return handler.review(request);
        } catch (RuntimeException e) {
            LOG.atWarn().setCause(e).log("a question of another replica could not be answered");
            return new Verdict.Denied(undecided(request, e));
        }
    }

    private Verdict review(String path, AdmissionHandler handler, AdmissionRequest request) {
        long began = System.nanoTime();
        Answer answer = Answer.FAILED;
        try {
            Verdict verdict = handler.review(request);
            if (verdict instanceof Verdict.Denied(String sentence)) {
                LOG.atInfo()
                        .addKeyValue("path", path)
                        .addKeyValue("namespace", request.namespace())
                        .addKeyValue("reason", sentence)
                        .log("admission denied");
            }
            answer = answer(verdict);
            return verdict;
        } catch (RuntimeException e) {
            LOG.atError()
                    .addKeyValue("path", path)
                    .addKeyValue("namespace", request.namespace())
                    .addKeyValue("kind", request.kind())
                    .setCause(e)
                    .log("admission failed");
            return new Verdict.Denied(undecided(request, e));
        } finally {
            reviews.answered(name(path), answer, Duration.ofNanos(System.nanoTime() - began));
        }
    }

    private static String undecided(AdmissionRequest request, RuntimeException cause) {
        return "Stockade could not decide about this " + request.kind() + " in namespace '" + request.namespace()
                + "' and refuses it: " + reason(cause)
                + " Try again; if it stays so, read the log of stockade-operator.";
    }

    private static Answer answer(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Allowed _ -> Answer.ALLOWED;
            case Verdict.Patched _ -> Answer.PATCHED;
            case Verdict.Denied _ -> Answer.DENIED;
        };
    }

    private static String reason(RuntimeException e) {
        String message = e.getMessage();
        if (message == null || message.isBlank()) {
            return "an unexpected " + e.getClass().getSimpleName() + ".";
        }
        String line = message.lines().findFirst().orElse("").strip();
        return line.endsWith(".") ? line : line + ".";
    }

    private void refuse(HttpExchange exchange, int status, String sentence) throws IOException {
        respond(exchange, status, "text/plain; charset=utf-8", (sentence + "\n").getBytes(UTF_8));
    }

    private void respond(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", type);
            if (draining) {
                exchange.getResponseHeaders().set("Connection", "close");
            }
            exchange.sendResponseHeaders(status, body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }
    }

    private static final class Tls13 extends HttpsConfigurator {
        Tls13(SSLContext context) {
            super(context);
        }

        @Override
        public void configure(HttpsParameters parameters) {
            SSLParameters tls = getSSLContext().getDefaultSSLParameters();
            tls.setProtocols(new String[] {"TLSv1.3"});
            parameters.setSSLParameters(tls);
        }
    }
}
