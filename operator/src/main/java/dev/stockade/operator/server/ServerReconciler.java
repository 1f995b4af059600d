package dev.stockade.operator.server;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.server.Isolation;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.server.SecureMcpServerStatus;
import dev.stockade.operator.cluster.KeptStore;
import dev.stockade.operator.status.Again;
import dev.stockade.operator.status.ChangeEventSource;
import dev.stockade.operator.status.ChangeFeed;
import dev.stockade.operator.status.EndingNamespace;
import dev.stockade.operator.status.EventDraft;
import dev.stockade.operator.status.EventReason;
import dev.stockade.operator.status.EventWriter;
import dev.stockade.operator.status.Evidence;
import dev.stockade.operator.status.Finding;
import dev.stockade.operator.status.Mesh;
import dev.stockade.operator.status.Publisher;
import dev.stockade.operator.status.Reason;
import dev.stockade.operator.status.Transitions;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.Selectors;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.javaoperatorsdk.operator.AggregatedOperatorException;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceUtils;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.dependent.workflow.Condition;
import io.javaoperatorsdk.operator.processing.dependent.workflow.Workflow;
import io.javaoperatorsdk.operator.processing.dependent.workflow.WorkflowBuilder;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Keeps a server's NetworkPolicy, and says what is so. */
@ControllerConfiguration(
        name = "securemcpserver",
        fieldManager = "stockade-operator",
        informer = @Informer(itemStore = KeptStore.class))
public final class ServerReconciler implements Reconciler<SecureMcpServer> {
    private final Evidence evidence;
    private final ChangeFeed changes;
    private final Publisher<SecureMcpServer, SecureMcpServerStatus> publisher;
    private final Workflow<SecureMcpServer> isolation;

    public ServerReconciler(Evidence evidence, ChangeFeed changes, Transitions transitions, EventWriter events) {
        this.evidence = requireNonNull(evidence);
        this.changes = requireNonNull(changes);
        this.publisher = new Publisher<>(SecureMcpServer::new, SecureMcpServerStatus::conditions, transitions);
        Condition<NetworkPolicy, SecureMcpServer> isolated = (dependent, server, context) ->
                isIsolated(server, evidence.mesh().get());
        this.isolation = new WorkflowBuilder<SecureMcpServer>()
                .addDependentResourceAndConfigure(
                        new ServerNetworkPolicy((server, policy, what) -> events.write(putBack(server, policy, what))))
                .withReconcilePrecondition(isolated)
                .build();
    }

    private static EventDraft putBack(SecureMcpServer server, String policy, String what) {
        return EventDraft.of(
                server,
                EventReason.NETWORK_POLICY_PUT_BACK,
                "NetworkPolicy " + policy + " " + what
                        + " by somebody else, and is again as this resource has it. To open"
                        + " a port, list it in spec.openPorts; to bring a policy of your own, set spec.isolation to None.");
    }

    @Override
    public List<EventSource<?, SecureMcpServer>> prepareEventSources(EventSourceContext<SecureMcpServer> context) {
        List<EventSource<?, SecureMcpServer>> policies = EventSourceUtils.eventSourcesFromWorkflow(context, isolation);
        List<EventSource<?, SecureMcpServer>> sources = new ArrayList<>(policies);
        sources.add(new ChangeEventSource<>(changes, context, server -> isOutdated(server, policies)));
        return sources;
    }

    @Override
    public UpdateControl<SecureMcpServer> reconcile(SecureMcpServer server, Context<SecureMcpServer> context) {
        Mesh mesh = evidence.mesh().get();
        if (mesh.isBehind(server)) {
            return Again.onceCaughtUp();
        }
        isolate(server, context);
        List<String> bare = isInMesh(server, mesh) ? evidence.bare().of(server) : List.of();
        Finding tried = tried(server, mesh);
        publisher.publish(server, status(server, mesh, bare, tried), context);
        return Again.after(!bare.isEmpty() || tried.isFor(Reason.PROBING), evidence.settling());
    }

    /**
     * Whether the status is another by now, or there is a NetworkPolicy and is to be none, or the other way round.
     *
     * @param policies where the NetworkPolicies are known
     */
    private boolean isOutdated(SecureMcpServer server, List<EventSource<?, SecureMcpServer>> policies) {
        Mesh mesh = evidence.mesh().get();
        boolean there = policies.stream()
                .anyMatch(source -> !source.getSecondaryResources(server).isEmpty());
        return mesh.isBehind(server)
                || there != isIsolated(server, mesh)
                || (isInMesh(server, mesh) ? evidence.bare().known(server) : Optional.of(List.<String>of()))
                        .filter(bare ->
                                status(server, mesh, bare, tried(server, mesh)).equals(server.getStatus()))
                        .isEmpty();
    }

    private static boolean isInMesh(SecureMcpServer server, Mesh mesh) {
        return mesh.view().inMesh(server.getMetadata().getNamespace());
    }

    private Finding tried(SecureMcpServer server, Mesh mesh) {
        return evidence.isolation().of(server, ServerStatusFactory.pods(server, mesh), isIsolated(server, mesh));
    }

    private SecureMcpServerStatus status(SecureMcpServer server, Mesh mesh, List<String> bare, Finding tried) {
        return ServerStatusFactory.of(
                server,
                mesh,
                evidence.acknowledgements(),
                bare,
                evidence.bare().restarting(server),
                tried,
                evidence.outdated(),
                evidence.settling(),
                evidence.now());
    }

    /** What cannot be created because the namespace is being deleted is gone with it; the status goes on. */
    private void isolate(SecureMcpServer server, Context<SecureMcpServer> context) {
        try {
            isolation.reconcile(server, context);
        } catch (AggregatedOperatorException e) {
            if (!e.getAggregatedExceptions().values().stream().allMatch(EndingNamespace::refused)) {
                throw e;
            }
        }
    }

    /**
     * A second claimant changes nothing for the first one's pods, not even by its openPorts; a namespace that is no longer
     * labelled stays closed as long as sidecars run there.
     */
    static boolean isIsolated(SecureMcpServer server, Mesh mesh) {
        return server.getSpec().isolation() == Isolation.MANAGED
                && mesh.claims().conflicts(server).isEmpty()
                && (mesh.view().inMesh(server.getMetadata().getNamespace())
                        || mesh.view().podsIn(server.getMetadata().getNamespace()).stream()
                                .anyMatch(pod -> stillServes(server, pod)));
    }

    private static boolean stillServes(SecureMcpServer server, MeshPod pod) {
        return !pod.finished() && Selectors.selects(server, pod);
    }
}
