package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Wakes the reconciliations of a kind when something changed that is no resource of that kind. What a status depends on crosses
 * kinds and namespaces: so each is worked out anew, and whose is another than what is published is woken.
 */
public final class ChangeEventSource<P extends HasMetadata> extends AbstractEventSource<Void, P> {
    private final ChangeFeed feed;
    private final EventSourceContext<P> context;
    private final Predicate<P> outdated;
    private final Runnable wake = this::wake;

    /** Wakes them all. */
    public ChangeEventSource(ChangeFeed feed, EventSourceContext<P> context) {
        this(feed, context, resource -> true);
    }

    /**
     * Wakes those that need it.
     *
     * @param outdated whether a reconciliation would write anything. Asked of every resource after every change: cheap, and
     *     without a question to the API server
     */
    public ChangeEventSource(ChangeFeed feed, EventSourceContext<P> context, Predicate<P> outdated) {
        super(Void.class, "stockade-changes");
        this.feed = requireNonNull(feed);
        this.context = requireNonNull(context);
        this.outdated = requireNonNull(outdated);
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

    private boolean isOutdated(P resource) {
        try {
            return outdated.test(resource);
        } catch (RuntimeException e) {
            // The reconciliation says it, and is tried again.
            return true;
        }
    }

    private void wake() {
        context.getPrimaryCache()
                .list(this::isOutdated)
                .forEach(resource -> getEventHandler().handleEvent(new Event(ResourceID.fromResource(resource))));
    }
}
