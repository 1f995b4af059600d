package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.common.Condition;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.PrimaryUpdateAndCacheUtils;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;

/** Writes a status by server-side apply if it differs from the published one, and the events of what changed. */
public final class Publisher<P extends CustomResource<?, S>, S> {
    private final Supplier<P> blank;
    private final Function<S, List<Condition>> conditions;
    private final Transitions transitions;

    /**
     * Publishes one kind.
     *
     * @param blank a new resource of the kind
     * @param conditions those of a status
     */
    public Publisher(Supplier<P> blank, Function<S, List<Condition>> conditions, Transitions transitions) {
        this.blank = requireNonNull(blank);
        this.conditions = requireNonNull(conditions);
        this.transitions = requireNonNull(transitions);
    }

    /** Publishes the status, unless it is what the resource has already. */
    public void publish(P resource, S status, Context<P> context) {
        S before = resource.getStatus();
        if (Objects.equals(before, status)) {
            return;
        }
        P patch = blank.get();
        patch.setMetadata(new ObjectMetaBuilder()
                .withNamespace(resource.getMetadata().getNamespace())
                .withName(resource.getMetadata().getName())
                .build());
        patch.setStatus(status);
        PrimaryUpdateAndCacheUtils.ssaPatchStatusAndCacheResource(resource, patch, context);
        transitions.record(resource, conditions.apply(before), conditions.apply(status));
    }
}
