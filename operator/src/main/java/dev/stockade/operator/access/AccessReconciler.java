package dev.stockade.operator.access;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.access.McpAccessPolicyStatus;
import dev.stockade.operator.cluster.KeptStore;
import dev.stockade.operator.status.Again;
import dev.stockade.operator.status.ChangeEventSource;
import dev.stockade.operator.status.ChangeFeed;
import dev.stockade.operator.status.Evidence;
import dev.stockade.operator.status.Mesh;
import dev.stockade.operator.status.Publisher;
import dev.stockade.operator.status.Transitions;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import java.util.List;

/** Says what is so of a policy. */
@ControllerConfiguration(
        name = "mcpaccesspolicy",
        fieldManager = "stockade-operator",
        informer = @Informer(itemStore = KeptStore.class))
public final class AccessReconciler implements Reconciler<McpAccessPolicy> {
    private final Evidence evidence;
    private final ChangeFeed changes;
    private final Publisher<McpAccessPolicy, McpAccessPolicyStatus> publisher;

    public AccessReconciler(Evidence evidence, ChangeFeed changes, Transitions transitions) {
        this.evidence = requireNonNull(evidence);
        this.changes = requireNonNull(changes);
        this.publisher = new Publisher<>(McpAccessPolicy::new, McpAccessPolicyStatus::conditions, transitions);
    }

    @Override
    public List<EventSource<?, McpAccessPolicy>> prepareEventSources(EventSourceContext<McpAccessPolicy> context) {
        return List.of(new ChangeEventSource<>(changes, context, this::isOutdated));
    }

    @Override
    public UpdateControl<McpAccessPolicy> reconcile(McpAccessPolicy policy, Context<McpAccessPolicy> context) {
        Mesh mesh = evidence.mesh().get();
        if (mesh.isBehind(policy)) {
            return Again.onceCaughtUp();
        }
        publisher.publish(policy, status(policy, mesh), context);
        return Again.after(false, evidence.settling());
    }

    private boolean isOutdated(McpAccessPolicy policy) {
        Mesh mesh = evidence.mesh().get();
        return mesh.isBehind(policy) || !status(policy, mesh).equals(policy.getStatus());
    }

    private McpAccessPolicyStatus status(McpAccessPolicy policy, Mesh mesh) {
        return AccessStatusFactory.of(policy, mesh, evidence.acknowledgements(), evidence.settling(), evidence.now());
    }
}
