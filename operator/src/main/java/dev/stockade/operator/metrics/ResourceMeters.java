package dev.stockade.operator.metrics;

import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.access.McpAccessPolicyStatus;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.agent.AgentIdentityStatus;
import dev.stockade.crds.common.Condition;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.server.SecureMcpServerStatus;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.crds.trust.MeshTrustStatus;
import dev.stockade.policy.MeshView;
import io.fabric8.kubernetes.client.CustomResource;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How many resources there are, by kind and by what {@code Ready} says; every replica counts what its caches hold. */
public final class ResourceMeters {
    private ResourceMeters() {}

    /** @param view asked at every scrape */
    public static void bind(MeterRegistry meters, Supplier<MeshView> view) {
        kind(meters, "SecureMcpServer", view, v -> v.servers().stream().map(ResourceMeters::of));
        kind(meters, "AgentIdentity", view, v -> v.agents().stream().map(ResourceMeters::of));
        kind(meters, "McpAccessPolicy", view, v -> v.policies().stream().map(ResourceMeters::of));
        kind(meters, "MeshTrust", view, v -> v.trust().stream().map(ResourceMeters::of));
    }

    private static void kind(
            MeterRegistry meters,
            String kind,
            Supplier<MeshView> view,
            Function<MeshView, Stream<Condition.Status>> statuses) {
        for (Condition.Status status : Condition.Status.values()) {
            Gauge.builder(
                            "stockade.resources",
                            view,
                            v -> statuses.apply(v.get()).filter(status::equals).count())
                    .description("Resources by kind and by the status of their condition Ready")
                    .tag("kind", kind)
                    .tag("ready", word(status))
                    // Nobody else holds it.
                    .strongReference(true)
                    .register(meters);
        }
    }

    private static String word(Condition.Status status) {
        return switch (status) {
            case TRUE -> "True";
            case FALSE -> "False";
            case UNKNOWN -> "Unknown";
        };
    }

    private static Condition.Status of(SecureMcpServer server) {
        return ready(server, SecureMcpServerStatus::conditions);
    }

    private static Condition.Status of(AgentIdentity agent) {
        return ready(agent, AgentIdentityStatus::conditions);
    }

    private static Condition.Status of(McpAccessPolicy policy) {
        return ready(policy, McpAccessPolicyStatus::conditions);
    }

    private static Condition.Status of(MeshTrust trust) {
        return ready(trust, MeshTrustStatus::conditions);
    }

    /** What has no such condition yet counts as Unknown. */
    private static <S> Condition.Status ready(CustomResource<?, S> resource, Function<S, List<Condition>> conditions) {
        @Nullable S status = resource.getStatus();
        return status == null
                ? Condition.Status.UNKNOWN
                : conditions.apply(status).stream()
                        .filter(condition -> condition.type().equals("Ready"))
                        .map(Condition::status)
                        .findFirst()
                        .orElse(Condition.Status.UNKNOWN);
    }
}
