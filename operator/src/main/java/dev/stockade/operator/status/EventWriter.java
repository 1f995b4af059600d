package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes events: the one place of the operator that does. */
public final class EventWriter {
    private static final Logger LOG = LoggerFactory.getLogger(EventWriter.class);

    private final KubernetesClient client;
    private final String instance;
    private final Clock clock;

    /** @param instance of the operator: its pod's name */
    public EventWriter(KubernetesClient client, String instance, Clock clock) {
        this.client = requireNonNull(client);
        this.instance = requireNonNull(instance);
        this.clock = requireNonNull(clock);
    }

    /** Writes one. An event that cannot be written is only logged. */
    public void write(EventDraft draft) {
        created(draft, draft.event(instance, clock.instant()));
    }

    /**
     * Writes one unless it is there: of several replicas that try, one does.
     *
     * @param at when what it says happened
     * @param occasion the same for the same event on every replica
     * @return false if it could not be written, and is to be tried again
     */
    public boolean writeOnce(EventDraft draft, Instant at, String occasion) {
        return created(draft, draft.event(instance, at, occasion));
    }

    private boolean created(EventDraft draft, Event event) {
        try {
            client.resource(event).create();
            return true;
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_CONFLICT || EndingNamespace.refused(e)) {
                return true;
            }
            LOG.atWarn()
                    .addKeyValue("object", draft.object())
                    .addKeyValue("reason", e.getMessage())
                    .log("an event could not be written");
            return false;
        }
    }
}
