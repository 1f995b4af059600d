package dev.stockade.operator.trust;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.crds.trust.MeshTrustStatus;
import dev.stockade.operator.authority.AuthorityState;
import dev.stockade.operator.cluster.KeptStore;
import dev.stockade.operator.status.ChangeEventSource;
import dev.stockade.operator.status.ChangeFeed;
import dev.stockade.operator.status.Publisher;
import dev.stockade.operator.status.Transitions;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Says what is so of the certificate authority. */
@ControllerConfiguration(
        name = "meshtrust",
        fieldManager = "stockade-operator",
        informer = @Informer(itemStore = KeptStore.class))
public final class TrustReconciler implements Reconciler<MeshTrust> {
    private final Supplier<AuthorityState> authority;
    private final Optional<String> otherDomain;
    private final ChangeFeed changes;
    private final Publisher<MeshTrust, MeshTrustStatus> publisher;
    private final Clock clock;

    /** @param otherDomain a sentence, if the cluster's domain is not the one that the chart names */
    public TrustReconciler(
            Supplier<AuthorityState> authority,
            Optional<String> otherDomain,
            ChangeFeed changes,
            Transitions transitions,
            Clock clock) {
        this.authority = requireNonNull(authority);
        this.otherDomain = requireNonNull(otherDomain);
        this.changes = requireNonNull(changes);
        this.publisher = new Publisher<>(MeshTrust::new, MeshTrustStatus::conditions, transitions);
        this.clock = requireNonNull(clock);
    }

    @Override
    public List<EventSource<?, MeshTrust>> prepareEventSources(EventSourceContext<MeshTrust> context) {
        return List.of(new ChangeEventSource<>(changes, context));
    }

    @Override
    public UpdateControl<MeshTrust> reconcile(MeshTrust trust, Context<MeshTrust> context) {
        publisher.publish(trust, TrustStatusFactory.of(trust, authority.get(), otherDomain, clock.instant()), context);
        return UpdateControl.noUpdate();
    }
}
