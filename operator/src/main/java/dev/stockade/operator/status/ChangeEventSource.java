package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import java.util.Set;

/**
 * Wakes the reconciliation of every resource of a kind when something changed that is no resource of that kind. What a
 * status depends on crosses kinds and namespaces; a reconciliation that finds nothing new writes nothing.
 */
public final class ChangeEventSource<P extends HasMetadata> extends AbstractEventSource<Void, P> {
    private final ChangeFeed feed;
    private final EventSourceContext<P> context;
    private final Runnable wake = this::wake;

    public ChangeEventSource(ChangeFeed feed, EventSourceContext<P> context) {
        super(Void.class, "stockade-changes");
        this.feed = requireNonNull(feed);
        this.context = requireNonNull(context);
    }

    @Override
    public void start() {
        super.start();
        feed.subscribe(wake);
    }

    @Override
    public void stop() {
        feed.unsubscribe(wake);
        super.stop();
    }

    @Override
    public Set<Void> getSecondaryResources(P primary) {
        return Set.of();
    }

    private void wake() {
        context.getPrimaryCache()
                .list()
                .forEach(resource -> getEventHandler().handleEvent(new Event(ResourceID.fromResource(resource))));
    }
}
