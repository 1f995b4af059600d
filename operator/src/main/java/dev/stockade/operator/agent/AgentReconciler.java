package dev.stockade.operator.agent;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.agent.AgentIdentityStatus;
import dev.stockade.operator.status.Again;
import dev.stockade.operator.status.ChangeEventSource;
import dev.stockade.operator.status.ChangeFeed;
import dev.stockade.operator.status.Evidence;
import dev.stockade.operator.status.Mesh;
import dev.stockade.operator.status.Publisher;
import dev.stockade.operator.status.Settling;
import dev.stockade.operator.status.Transitions;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import java.util.List;

/** Says what is so of an agent. */
@ControllerConfiguration(name = "agentidentity", fieldManager = "stockade-operator")
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
        return List.of(new ChangeEventSource<>(changes, context));
    }

    @Override
    public UpdateControl<AgentIdentity> reconcile(AgentIdentity agent, Context<AgentIdentity> context) {
        Mesh mesh = evidence.mesh().get();
        if (mesh.isBehind(agent)) {
            return Again.onceCaughtUp();
        }
        boolean inMesh = mesh.view().inMesh(agent.getMetadata().getNamespace());
        List<String> bare = inMesh ? evidence.bare().of(agent) : List.of();
        Settling settling = evidence.settling();
        publisher.publish(
                agent,
                AgentStatusFactory.of(
                        agent,
                        mesh,
                        evidence.acknowledgements(),
                        bare,
                        evidence.bare().restarting(agent),
                        evidence.outdated(),
                        settling,
                        evidence.now()),
                context);
        return Again.after(!bare.isEmpty(), settling);
    }
}
