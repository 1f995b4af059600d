package dev.stockade.operator.admission;

import static java.util.Objects.requireNonNull;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the operator's other replicas whether a pod is as they would have injected it. Each is asked at its webhook {@value #PATH},
 * as the API server would, so that a replica of the former release answers too. A replica that is asked asks nobody.
 *
 * <p>Rare: only while the replicas write different sidecars, and not at all where they write the same. So nothing is kept between
 * two questions.
 */
public final class OtherReplicas {
    static final String PATH = "/validate-pod";
    private static final String QUERY = "replica";

    /** The API server waits ten seconds for the whole review. */
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private static final Logger LOG = LoggerFactory.getLogger(OtherReplicas.class);

    private final Supplier<List<InetAddress>> addresses;
    private final int port;
    private final SSLContext tls;

    /**
     * @param addresses of the other replicas, read for each question
     * @param port of the webhooks on every replica
     * @param tls believes the operator's certificate and no other; this is all that an answer is believed for
     */
    public OtherReplicas(Supplier<List<InetAddress>> addresses, int port, SSLContext tls) {
        this.addresses = requireNonNull(addresses);
        this.port = port;
        this.tls = requireNonNull(tls);
    }

    /** Whether a replica asks, and not the API server. Anybody may say so, and gets no more than the API server by it. */
    static boolean asks(URI request) {
        return QUERY.equals(request.getRawQuery());
    }

    /**
     * Whether one of them says within three seconds that the pod is its own work. False if none does, none is there or none
     * answers.
     */
    boolean claim(AdmissionRequest request) {
        List<InetAddress> asked = addresses.get();
        if (asked.isEmpty()) {
            return false;
        }
        byte[] review = AdmissionReviews.write(request);
        HttpClient client = HttpClient.newBuilder()
                .sslContext(tls)
                .version(HttpClient.Version.HTTP_1_1)
                .proxy(HttpClient.Builder.NO_PROXY)
                .build();
        try {
            CompletableFuture<Boolean> claimed = new CompletableFuture<>();
            CompletableFuture<?>[] answers = asked.stream()
                    .map(address -> ask(client, address, request, review).thenAccept(yes -> {
                        if (yes) {
                            claimed.complete(true);
                        }
                    }))
                    .toArray(CompletableFuture<?>[]::new);
            CompletableFuture<?> _ = CompletableFuture.allOf(answers).whenComplete((_, _) -> claimed.complete(false));
            return claimed.completeOnTimeout(false, PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        } finally {
            client.shutdownNow();
        }
    }

    private CompletableFuture<Boolean> ask(
            HttpClient client, InetAddress address, AdmissionRequest request, byte[] review) {
        String host = address instanceof Inet6Address ? "[" + address.getHostAddress() + "]" : address.getHostAddress();
        HttpRequest question = HttpRequest.newBuilder(URI.create("https://" + host + ":" + port + PATH + "?" + QUERY))
                .header("Content-Type", "application/json")
                .timeout(PATIENCE)
                .POST(HttpRequest.BodyPublishers.ofByteArray(review))
                .build();
        return client.sendAsync(question, HttpResponse.BodyHandlers.ofByteArray())
                .thenApply(
                        answer -> answer.statusCode() == 200 && AdmissionReviews.allows(request.uid(), answer.body()))
                .whenComplete((yes, failure) -> said(host, request, yes, failure))
                .exceptionally(_ -> false);
    }

    private static void said(
            String host, AdmissionRequest request, @Nullable Boolean yes, @Nullable Throwable failure) {
        if (failure != null) {
            LOG.atInfo()
                    .addKeyValue("replica", host)
                    .addKeyValue("why", failure.getMessage())
                    .log("another replica could not be asked about a pod");
        } else if (Boolean.TRUE.equals(yes)) {
            LOG.atInfo()
                    .addKeyValue("replica", host)
                    .addKeyValue("namespace", request.namespace())
                    .log("a pod has the sidecar of another replica");
        }
    }
}
