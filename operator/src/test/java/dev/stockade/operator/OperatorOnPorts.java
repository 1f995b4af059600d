package dev.stockade.operator;

import dev.stockade.operator.health.HealthServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;

/**
 * The operator as {@link StockadeOperator} starts it, on ports of the caller's choice (control, webhooks, health), so that
 * several run on one machine. A line on standard input makes it collect garbage and print {@code heap BYTES}; it stops in order
 * at the end of that.
 */
public final class OperatorOnPorts {
    /** How the API server's audit log knows it. */
    public static final String USER_AGENT = "stockade-operator";

    private OperatorOnPorts() {}

    /** Runs until its standard input ends. */
    public static void main(String[] ports) throws Exception {
        PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        Config config = Config.autoConfigure(null);
        config.setUserAgent(USER_AGENT);
        try (KubernetesClient client =
                        new KubernetesClientBuilder().withConfig(config).build();
                Assembly operator = new Assembly(
                        Settings.of(System.getenv()),
                        new Assembly.Ports(Integer.parseInt(ports[0]), Integer.parseInt(ports[1])),
                        client,
                        meters,
                        Clock.systemUTC());
                HealthServer _ = new HealthServer(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(ports[2])),
                        operator::missing,
                        meters::scrape)) {
            operator.start();
            System.out.println("serves");
            while (System.in.read() >= 0) {
                System.gc();
                System.out.println("heap "
                        + ManagementFactory.getMemoryMXBean()
                                .getHeapMemoryUsage()
                                .getUsed());
            }
        }
    }
}
