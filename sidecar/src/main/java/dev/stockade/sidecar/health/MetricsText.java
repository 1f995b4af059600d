package dev.stockade.sidecar.health;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.audit.AuditLog;
import dev.stockade.sidecar.audit.Tally;
import dev.stockade.sidecar.control.ControlStatus;
import dev.stockade.sidecar.identity.Identities;
import dev.stockade.sidecar.limits.Allowances;
import dev.stockade.sidecar.metrics.Metrics;
import dev.stockade.sidecar.state.CurrentState;
import io.netty.util.internal.PlatformDependent;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;

/** Prometheus' text format, version 0.0.4. */
public final class MetricsText {
    private final Metrics metrics;
    private final Allowances allowances;
    private final Identities identities;
    private final CurrentState state;
    private final Supplier<ControlStatus> control;
    private final AuditLog audit;
    private final Clock clock;

    public MetricsText(
            Metrics metrics,
            Allowances allowances,
            Identities identities,
            CurrentState state,
            Supplier<ControlStatus> control,
            AuditLog audit,
            Clock clock) {
        this.metrics = requireNonNull(metrics);
        this.allowances = requireNonNull(allowances);
        this.identities = requireNonNull(identities);
        this.state = requireNonNull(state);
        this.control = requireNonNull(control);
        this.audit = requireNonNull(audit);
        this.clock = requireNonNull(clock);
    }

    /** On the event loop of the data path. */
    String print() {
        StringBuilder out = new StringBuilder(2048);
        for (Metrics.Count count : Metrics.Count.values()) {
            sample(out, count.metric(), "counter", metrics.value(count));
        }
        for (Metrics.Open open : Metrics.Open.values()) {
            sample(out, open.metric(), "gauge", metrics.value(open));
        }
        sample(out, "stockade_sidecar_buffer_bytes", "gauge", allowances.bufferBytes());
        sample(
                out,
                "stockade_sidecar_buffer_used_bytes",
                "gauge",
                allowances.buffer().used());
        sample(out, "stockade_sidecar_direct_memory_bytes", "gauge", PlatformDependent.usedDirectMemory());
        Runtime runtime = Runtime.getRuntime();
        sample(out, "stockade_sidecar_heap_bytes", "gauge", runtime.totalMemory() - runtime.freeMemory());
        sample(
                out,
                "stockade_sidecar_requests_open",
                "gauge",
                allowances.requests().taken());
        sample(
                out,
                "stockade_sidecar_event_streams_open",
                "gauge",
                allowances.eventStreams().taken());
        sample(out, "stockade_sidecar_audit_lines_total", "counter", audit.written());
        sample(out, "stockade_sidecar_audit_lines_lost_total", "counter", audit.lost());
        tally(out, audit.tally());
        sample(
                out,
                "stockade_sidecar_operator_connected",
                "gauge",
                control.get().connected() ? 1 : 0);
        state.held().ifPresent(held -> {
            sample(out, "stockade_sidecar_snapshot_generation", "gauge", held.generation());
            sample(
                    out,
                    "stockade_sidecar_snapshot_unconfirmed_seconds",
                    "gauge",
                    Math.max(
                            0,
                            Duration.between(state.confirmed(), clock.instant()).toSeconds()));
        });
        sample(out, "stockade_sidecar_trust_epoch", "gauge", identities.trust().epoch());
        if (!identities.svids().isEmpty()) {
            certificates(out, clock.instant());
        }
        return out.toString();
    }

    private static void tally(StringBuilder out, Tally tally) {
        String decisions = "stockade_sidecar_decisions_total";
        type(out, decisions, "counter");
        tally.decisions()
                .forEach(d -> out.append(decisions)
                        .append("{decision=\"")
                        .append(d.verdict())
                        .append("\",reason=\"")
                        .append(d.reason())
                        .append("\"} ")
                        .append(d.count())
                        .append('\n'));
        String calls = "stockade_sidecar_calls_total";
        type(out, calls, "counter");
        tally.outcomes()
                .forEach(ended -> out.append(calls)
                        .append("{outcome=\"")
                        .append(ended.outcome())
                        .append("\"} ")
                        .append(ended.count())
                        .append('\n'));
        String seconds = "stockade_sidecar_call_seconds";
        type(out, seconds, "summary");
        out.append(seconds).append("_sum ").append(tally.seconds()).append('\n');
        out.append(seconds).append("_count ").append(tally.ended()).append('\n');
    }

    private void certificates(StringBuilder out, Instant now) {
        String remaining = "stockade_sidecar_certificate_remaining_seconds";
        type(out, remaining, "gauge");
        identities
                .svids()
                .forEach((role, svid) -> out.append(remaining)
                        .append("{role=\"")
                        .append(role.segment())
                        .append("\"} ")
                        .append(Duration.between(now, svid.ends()).toSeconds())
                        .append('\n'));
        boolean overdue = identities.svids().values().stream().anyMatch(svid -> svid.overdueAt(now));
        sample(out, "stockade_sidecar_renewal_overdue", "gauge", overdue ? 1 : 0);
    }

    private static void type(StringBuilder out, String name, String type) {
        out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    private static void sample(StringBuilder out, String name, String type, long value) {
        type(out, name, type);
        out.append(name).append(' ').append(value).append('\n');
    }
}
