package dev.stockade.operator;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.health.HealthServer;
import dev.stockade.operator.metrics.ApiRequestMeters;
import dev.stockade.operator.metrics.ProcessMeters;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The process: starts the operator, answers for its health from the first moment, and stops it in order. */
public final class StockadeOperator {
    private static final Logger log = LoggerFactory.getLogger(StockadeOperator.class);

    /**
     * Between the first two attempts to watch again. It doubles up to 32 times that: by default, an API server that was away for a
     * minute would be back for half a minute before a change is seen.
     */
    private static final int RECONNECT_MILLIS = 200;

    /** Well within the chart's terminationGracePeriodSeconds, together with what closing takes. */
    private static final Duration LINGER = Duration.ofSeconds(5);

    private StockadeOperator() {}

    /** Runs until it is told to stop. Exits with 1, after one sentence, if it cannot start. */
    public static void main(String[] arguments) {
        try {
            run(Settings.of(System.getenv()));
        } catch (IllegalArgumentException | IOException e) {
            fail(requireNonNull(e.getMessage()));
        } catch (InterruptedException e) {
            log.info("the operator was stopped while it started");
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("the operator cannot start");
            fail("The operator cannot start: " + e.getMessage());
        }
    }

    private static void run(Settings settings) throws IOException, InterruptedException {
        log.atInfo()
                .addKeyValue("release", settings.release())
                .addKeyValue("pod", settings.podName())
                .addKeyValue("namespace", settings.namespace())
                .log("the operator starts");
        PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        ProcessMeters.bind(meters, settings.release());
        AtomicReference<@Nullable Assembly> assembly = new AtomicReference<>();
        HealthServer health = bindHealth(() -> missing(assembly.get()), meters);
        Config config = Config.autoConfigure(null);
        config.setWatchReconnectInterval(RECONNECT_MILLIS);
        KubernetesClient client = new KubernetesClientBuilder()
                .withConfig(config)
                .withHttpClientBuilderConsumer(
                        http -> http.addOrReplaceInterceptor(ApiRequestMeters.NAME, new ApiRequestMeters(meters)))
                .build();
        Assembly operator = new Assembly(settings, Assembly.Ports.STANDARD, client, meters, Clock.systemUTC());
        assembly.set(operator);
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("stop").unstarted(() -> {
            if (operator.leave()) {
                linger();
            }
            operator.close();
            client.close();
            health.close();
            log.info("the operator has stopped");
        }));
        operator.start();
        log.info("the operator serves");
    }

    /** The Service sends new connections here until the nodes have heard that this replica is leaving. */
    private static void linger() {
        try {
            Thread.sleep(LINGER);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static HealthServer bindHealth(Supplier<List<String>> missing, PrometheusMeterRegistry meters)
            throws IOException {
        try {
            return new HealthServer(new InetSocketAddress(HealthServer.PORT), missing, meters::scrape);
        } catch (IOException e) {
            throw new IOException(
                    "Port " + HealthServer.PORT + " cannot be bound for health and metrics: " + e.getMessage()
                            + ". Give the operator a pod of its own.",
                    e);
        }
    }

    private static List<String> missing(@Nullable Assembly assembly) {
        return assembly == null ? List.of("The operator is starting.") : assembly.missing();
    }

    /** Standard error as well: the last line of a container that exited is what a person sees. */
    private static void fail(String sentence) {
        log.atError().addKeyValue("why", sentence).log("the operator exits");
        System.err.println(sentence);
        System.exit(1);
    }
}
