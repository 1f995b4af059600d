package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes events about resources. */
public final class EventWriter {
    private static final Logger LOG = LoggerFactory.getLogger(EventWriter.class);
    private static final String COMPONENT = "stockade-operator";
    private static final int LONGEST_MESSAGE = 1024;

    private final KubernetesClient client;
    private final String instance;
    private final Clock clock;

    /** @param instance of the operator: its pod's name */
    public EventWriter(KubernetesClient client, String instance, Clock clock) {
        this.client = requireNonNull(client);
        this.instance = requireNonNull(instance);
        this.clock = requireNonNull(clock);
    }

    /**
     * Writes one. An event that cannot be written is only logged.
     *
     * @param reason one CamelCase word
     * @param message a sentence; what is longer than an event may hold is cut off
     */
    public void write(HasMetadata about, boolean warning, String reason, String message) {
        try {
            client.resource(event(about, warning, reason, message)).create();
        } catch (KubernetesClientException e) {
            if (EndingNamespace.refused(e)) {
                return;
            }
            LOG.atWarn()
                    .addKeyValue("object", about.getMetadata().getName())
                    .addKeyValue("reason", e.getMessage())
                    .log("an event could not be written");
        }
    }

    private Event event(HasMetadata about, boolean warning, String reason, String message) {
        String namespace = about.getMetadata().getNamespace();
        String home = namespace == null ? "default" : namespace;
        String time = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
        return new EventBuilder()
                .withNewMetadata()
                .withNamespace(home)
                .withGenerateName(about.getMetadata().getName() + ".")
                .endMetadata()
                .withNewInvolvedObject()
                .withApiVersion(about.getApiVersion())
                .withKind(about.getKind())
                .withNamespace(namespace)
                .withName(about.getMetadata().getName())
                .withUid(about.getMetadata().getUid())
                .withResourceVersion(about.getMetadata().getResourceVersion())
                .endInvolvedObject()
                .withType(warning ? "Warning" : "Normal")
                .withReason(reason)
                .withMessage(message.substring(0, Math.min(LONGEST_MESSAGE, message.length())))
                .withFirstTimestamp(time)
                .withLastTimestamp(time)
                .withCount(1)
                .withNewSource(COMPONENT, null)
                .withReportingComponent(COMPONENT)
                .withReportingInstance(instance)
                .build();
    }
}
