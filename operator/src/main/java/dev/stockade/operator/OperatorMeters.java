package dev.stockade.operator;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.authority.Authority;
import dev.stockade.operator.authority.AuthorityState;
import dev.stockade.operator.cluster.ClusterCache;
import dev.stockade.operator.metrics.ResourceMeters;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;
import java.util.function.IntSupplier;

/** The gauges of the process; counters are kept where things happen. None has a label for a resource. */
final class OperatorMeters {
    private final Clock clock;

    OperatorMeters(Clock clock) {
        this.clock = requireNonNull(clock);
    }

    void bind(MeterRegistry meters, Authority authority, ClusterCache cache, IntSupplier connected) {
        Gauge.builder("stockade.sidecars.connected", connected, IntSupplier::getAsInt)
                .description("Sidecars that are subscribed to this replica")
                // Nobody else holds it: without this the gauge would be NaN after the next collection.
                .strongReference(true)
                .register(meters);
        Gauge.builder("stockade.ca.usable", authority, a -> a.state() instanceof AuthorityState.Usable ? 1 : 0)
                .description("1 if the certificate authority signs")
                .register(meters);
        seconds(meters, "stockade.ca.root.remaining", authority, AuthorityState.Usable::rootEnds);
        seconds(meters, "stockade.ca.issuer.remaining", authority, AuthorityState.Usable::issuerEnds);
        Gauge.builder("stockade.ca.rotation.step", authority, a -> step(a.state()))
                .description("0 outside of a rotation, 1 TrustNew, 2 SignWithNew, 3 DropOld")
                .register(meters);
        Gauge.builder("stockade.ca.rotation.overdue", authority, a -> isOverdue(a.state()) ? 1 : 0)
                .description("1 if a certificate of the authority in use is in the last tenth of its life")
                .register(meters);
        Gauge.builder("stockade.ca.trust.epoch", authority, a -> a.trust().epoch())
                .description("Grows by one with every step of every rotation")
                .register(meters);
        Gauge.builder(
                        "stockade.cache.confirmed.age",
                        cache,
                        c -> c.confirmed()
                                .map(at -> between(at, clock.instant()))
                                .orElse(Double.NaN))
                .description("Seconds since the caches were last known to be current")
                .baseUnit("seconds")
                .register(meters);
        ResourceMeters.bind(meters, cache::resources);
    }

    private static double step(AuthorityState state) {
        return state instanceof AuthorityState.Usable usable
                ? usable.rotation().step().number()
                : Double.NaN;
    }

    private static boolean isOverdue(AuthorityState state) {
        return state instanceof AuthorityState.Usable usable && usable.overdue();
    }

    private void seconds(
            MeterRegistry meters, String name, Authority authority, Function<AuthorityState.Usable, Instant> end) {
        Gauge.builder(
                        name,
                        authority,
                        a -> a.state() instanceof AuthorityState.Usable usable
                                ? between(clock.instant(), end.apply(usable))
                                : Double.NaN)
                .description("Seconds until this certificate of the authority ends")
                .baseUnit("seconds")
                .register(meters);
    }

    private static double between(Instant from, Instant to) {
        return Duration.between(from, to).toMillis() / 1000.0;
    }
}
