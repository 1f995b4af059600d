package dev.stockade.operator.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;

/** What can be said of the process before any of its parts is there. */
public final class ProcessMeters {
    private ProcessMeters() {}

    /** @param release what this operator calls itself */
    public static void bind(MeterRegistry meters, String release) {
        Gauge.builder("stockade.build.info", () -> 1)
                .description("Always 1; the label says which release this is")
                .tag("version", release)
                .register(meters);
        new UptimeMetrics().bindTo(meters);
        new JvmMemoryMetrics().bindTo(meters);
        new JvmThreadMetrics().bindTo(meters);
    }
}
