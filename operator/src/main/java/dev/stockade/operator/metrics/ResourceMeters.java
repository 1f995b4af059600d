package dev.stockade.operator.metrics;

import dev.stockade.crds.access.McpAccessPolicyStatus;
import dev.stockade.crds.agent.AgentIdentityStatus;
import dev.stockade.crds.common.Condition;
import dev.stockade.crds.server.SecureMcpServerStatus;
import dev.stockade.crds.trust.MeshTrustStatus;
import dev.stockade.operator.status.Conditions;
import io.fabric8.kubernetes.client.CustomResource;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** How many resources there are, by kind and by what {@code Ready} says; every replica counts what its caches hold. */
public final class ResourceMeters {
    private static final List<String> KINDS =
            List.of("SecureMcpServer", "AgentIdentity", "McpAccessPolicy", "MeshTrust");

    private ResourceMeters() {}

    /** @param resources those of ours with their statuses as they are now; asked at every scrape */
    public static void bind(MeterRegistry meters, Supplier<Stream<CustomResource<?, ?>>> resources) {
        for (String kind : KINDS) {
            for (Condition.Status status : Condition.Status.values()) {
                Gauge.builder(
                                "stockade.resources",
                                resources,
                                all -> all.get()
                                        .filter(resource -> resource.getKind().equals(kind))
                                        .filter(resource -> ready(resource) == status)
                                        .count())
                        .description("Resources by kind and by the status of their condition Ready")
                        .tag("kind", kind)
                        .tag("ready", status.word())
                        // Nobody else holds it.
                        .strongReference(true)
                        .register(meters);
            }
        }
    }

    /** What has no such condition yet counts as Unknown. */
    private static Condition.Status ready(CustomResource<?, ?> resource) {
        return Conditions.find(conditions(resource), Conditions.READY)
                .map(Condition::status)
                .orElse(Condition.Status.UNKNOWN);
    }

    private static List<Condition> conditions(CustomResource<?, ?> resource) {
        return switch (resource.getStatus()) {
            case SecureMcpServerStatus status -> status.conditions();
            case AgentIdentityStatus status -> status.conditions();
            case McpAccessPolicyStatus status -> status.conditions();
            case MeshTrustStatus status -> status.conditions();
            case null, default -> List.of();
        };
    }
}
