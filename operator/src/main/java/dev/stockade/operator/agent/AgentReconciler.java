package dev.stockade.operator.agent;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.agent.AgentIdentityStatus;
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
import java.util.Optional;

/** Says what is so of an agent. */
@ControllerConfiguration(
        name = "agentidentity",
        fieldManager = "stockade-operator",
        informer = @Informer(itemStore = KeptStore.class))
public final class AgentReconciler implements Reconciler<AgentIdentity> {
    private final Evidence evidence;
    private final ChangeFeed changes;
    private final Publisher<AgentIdentity, AgentIdentityStatus> publisher;

    public AgentReconciler(Evidence evidence, ChangeFeed changes, Transitions transitions) {
        this.evidence = requireNonNull(evidence);
        this.changes = requireNonNull(changes);
        this.publisher = new Publisher<>(AgentIdentity::new, AgentIdentityStatus::conditions, transitions);
    }

    @Override
    public List<EventSource<?, AgentIdentity>> prepareEventSources(EventSourceContext<AgentIdentity> context) {
        return List.of(new ChangeEventSource<>(changes, context, this::isOutdated));
    }

    @Override
    public UpdateControl<AgentIdentity> reconcile(AgentIdentity agent, Context<AgentIdentity> context) {
        Mesh mesh = evidence.mesh().get();
        if (mesh.isBehind(agent)) {
            return Again.onceCaughtUp();
        }
        List<String> bare = isInMesh(agent, mesh) ? evidence.bare().of(agent) : List.of();
        publisher.publish(agent, status(agent, mesh, bare), context);
        return Again.after(!bare.isEmpty(), evidence.settling());
    }

    private boolean isOutdated(AgentIdentity agent) {
        Mesh mesh = evidence.mesh().get();
        return mesh.isBehind(agent)
                || (isInMesh(agent, mesh) ? evidence.bare().known(agent) : Optional.of(List.<String>of()))
                        .filter(bare -> status(agent, mesh, bare).equals(agent.getStatus()))
                        .isEmpty();
    }

    private static boolean isInMesh(AgentIdentity agent, Mesh mesh) {
        return mesh.view().inMesh(agent.getMetadata().getNamespace());
    }

    private AgentIdentityStatus status(AgentIdentity agent, Mesh mesh, List<String> bare) {
        return AgentStatusFactory.of(
                agent,
                mesh,
                evidence.acknowledgements(),
                bare,
                evidence.bare().restarting(agent),
                evidence.outdated(),
                evidence.settling(),
                evidence.now());
    }
}
