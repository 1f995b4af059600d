package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.common.Condition;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One event for each time that a condition which people wait for becomes True or False, or for another reason. */
public final class Transitions {
    private static final Logger LOG = LoggerFactory.getLogger(Transitions.class);
    private static final String COMPONENT = "stockade-operator";
    private static final Set<String> TOLD = Set.of(Conditions.READY, Conditions.SUSPENDED, Conditions.ROTATING);
    private static final int LONGEST_MESSAGE = 1024;

    private final KubernetesClient client;
    private final String instance;
    private final Clock clock;

    /** @param instance of the operator: its pod's name */
    public Transitions(KubernetesClient client, String instance, Clock clock) {
        this.client = requireNonNull(client);
        this.instance = requireNonNull(instance);
        this.clock = requireNonNull(clock);
    }

    /** Writes the events of what differs. An event that cannot be written is only logged. */
    public void record(HasMetadata resource, List<Condition> before, List<Condition> after) {
        after.stream()
                .filter(now -> isTold(now, Conditions.find(before, now.type())))
                .forEach(now -> write(event(resource, now)));
    }

    static boolean isTold(Condition now, Optional<Condition> before) {
        if (!TOLD.contains(now.type()) || now.status() == Condition.Status.UNKNOWN) {
            return false;
        }
        // Not being suspended, or rotated, is news only after having been.
        if (!now.type().equals(Conditions.READY) && now.status() == Condition.Status.FALSE && before.isEmpty()) {
            return false;
        }
        return before.isEmpty()
                || before.get().status() != now.status()
                || !before.get().reason().equals(now.reason());
    }

    private Event event(HasMetadata resource, Condition condition) {
        String namespace = resource.getMetadata().getNamespace();
        String home = namespace == null ? "default" : namespace;
        String time = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
        String text = condition.type() + " is " + name(condition.status()) + ". " + condition.message();
        return new EventBuilder()
                .withNewMetadata()
                .withNamespace(home)
                .withGenerateName(resource.getMetadata().getName() + ".")
                .endMetadata()
                .withNewInvolvedObject()
                .withApiVersion(resource.getApiVersion())
                .withKind(resource.getKind())
                .withNamespace(namespace)
                .withName(resource.getMetadata().getName())
                .withUid(resource.getMetadata().getUid())
                .withResourceVersion(resource.getMetadata().getResourceVersion())
                .endInvolvedObject()
                .withType(isWarning(condition) ? "Warning" : "Normal")
                .withReason(condition.reason())
                .withMessage(text.substring(0, Math.min(LONGEST_MESSAGE, text.length())))
                .withFirstTimestamp(time)
                .withLastTimestamp(time)
                .withCount(1)
                .withNewSource(COMPONENT, null)
                .withReportingComponent(COMPONENT)
                .withReportingInstance(instance)
                .build();
    }

    private static boolean isWarning(Condition condition) {
        if (condition.type().equals(Conditions.ROTATING)) {
            // Its steps are what was asked for; what is not done is not.
            return condition.status() == Condition.Status.FALSE
                    && !condition.message().isEmpty();
        }
        return condition.type().equals(Conditions.READY) == (condition.status() == Condition.Status.FALSE);
    }

    private static String name(Condition.Status status) {
        return switch (status) {
            case TRUE -> "True";
            case FALSE -> "False";
            case UNKNOWN -> "Unknown";
        };
    }

    private void write(Event event) {
        try {
            client.resource(event).create();
        } catch (KubernetesClientException e) {
            if (EndingNamespace.refused(e)) {
                return;
            }
            LOG.atWarn()
                    .addKeyValue("object", event.getInvolvedObject().getName())
                    .addKeyValue("reason", e.getMessage())
                    .log("an event could not be written");
        }
    }
}
