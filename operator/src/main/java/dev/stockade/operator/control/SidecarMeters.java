package dev.stockade.operator.control;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;

/** How far this replica's sidecars are; over all replicas the sums count every sidecar that is connected once. */
final class SidecarMeters {
    private SidecarMeters() {}

    static void bind(MeterRegistry meters, Subscriptions subscriptions) {
        for (SidecarStream.State state : SidecarStream.State.values()) {
            Gauge.builder("stockade.sidecars.acknowledged", subscriptions, s -> s.connected(state))
                    .description(
                            "Sidecars that are subscribed to this replica, by whether they have acknowledged what they"
                                    + " were told last: current, behind (no answer yet), refusing (it keeps what it had)")
                    .tag("state", state.name().toLowerCase(Locale.ROOT))
                    .register(meters);
        }
        Gauge.builder("stockade.sidecars.trust.behind", subscriptions, Subscriptions::behindInTrust)
                .description(
                        "Sidecars that are subscribed to this replica and have not acknowledged the trust bundle of"
                                + " the current step of a rotation")
                .register(meters);
    }
}
