package dev.stockade.operator.metrics;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.javaoperatorsdk.operator.api.reconciler.Constants;
import io.javaoperatorsdk.operator.api.reconciler.RetryInfo;
import io.javaoperatorsdk.operator.processing.GroupVersionKind;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Reconciliations by kind. JOSDK's own binding to Micrometer names its meters as it likes from release to release, and labels
 * them with whatever metadata a controller has.
 */
public final class ReconcileMeters implements Metrics {
    private static final List<String> KINDS =
            List.of("SecureMcpServer", "AgentIdentity", "McpAccessPolicy", "MeshTrust");

    private final Map<String, OfKind> kinds = new ConcurrentHashMap<>();

    public ReconcileMeters(MeterRegistry meters) {
        requireNonNull(meters);
        KINDS.forEach(kind -> kinds.put(kind, new OfKind(meters, kind)));
    }

    /** A new term begins with nothing to do. */
    public void begin() {
        kinds.values().forEach(kind -> kind.waiting.set(0));
    }

    @Override
    public void reconcileCustomResource(HasMetadata resource, @Nullable RetryInfo retry, Map<String, Object> metadata) {
        of(resource.getKind()).ifPresent(kind -> kind.waiting.incrementAndGet());
    }

    @Override
    public void reconciliationExecutionStarted(HasMetadata resource, Map<String, Object> metadata) {
        // What an earlier term left behind may still begin after this one has begun with 0.
        of(resource.getKind()).ifPresent(kind -> kind.waiting.updateAndGet(n -> Math.max(0, n - 1)));
    }

    @Override
    public <T> T timeControllerExecution(ControllerExecution<T> execution) throws Exception {
        long began = System.nanoTime();
        boolean done = false;
        try {
            T result = execution.execute();
            done = true;
            return result;
        } finally {
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            boolean succeeded = done;
            if (execution.metadata().get(Constants.RESOURCE_GVK_KEY) instanceof GroupVersionKind of) {
                of(of.getKind()).ifPresent(kind -> (succeeded ? kind.succeeded : kind.failed).record(took));
            }
        }
    }

    private Optional<OfKind> of(String kind) {
        return Optional.ofNullable(kinds.get(kind));
    }

    private static final class OfKind {
        final Timer succeeded;
        final Timer failed;
        final AtomicInteger waiting = new AtomicInteger();

        OfKind(MeterRegistry meters, String kind) {
            succeeded = timer(meters, kind, "done");
            failed = timer(meters, kind, "failed");
            Gauge.builder("stockade.reconcile.waiting", waiting, AtomicInteger::get)
                    .description("Resources that wait for their turn to be reconciled")
                    .tag("kind", kind)
                    .register(meters);
        }

        private static Timer timer(MeterRegistry meters, String kind, String outcome) {
            return Timer.builder("stockade.reconcile")
                    .description("Reconciliations; one that failed is tried again")
                    .tag("kind", kind)
                    .tag("outcome", outcome)
                    .serviceLevelObjectives(
                            Duration.ofMillis(10),
                            Duration.ofMillis(100),
                            Duration.ofSeconds(1),
                            Duration.ofSeconds(10))
                    .register(meters);
        }
    }
}
