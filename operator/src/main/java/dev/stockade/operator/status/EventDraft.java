package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.common.Condition;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;

/** What an event says, before it is written. Its reason is an {@link EventReason} or a condition's, and nothing else. Pure. */
public final class EventDraft {
    private static final String COMPONENT = "stockade-operator";
    private static final int LONGEST_MESSAGE = 1024;
    private static final int LONGEST_PREFIX = 200;

    private final ObjectReference about;
    private final boolean warning;
    private final String reason;
    private final String message;

    private EventDraft(ObjectReference about, boolean warning, String reason, String message) {
        this.about = requireNonNull(about);
        this.warning = warning;
        this.reason = requireNonNull(reason);
        this.message = message.substring(0, Math.min(LONGEST_MESSAGE, message.length()));
    }

    /** @param message a sentence; what is longer than an event may hold is cut off */
    public static EventDraft of(ObjectReference about, EventReason reason, String message) {
        return new EventDraft(about, reason.warning(), reason.word(), message);
    }

    /** The same of a resource as it was read. */
    public static EventDraft of(HasMetadata about, EventReason reason, String message) {
        return of(reference(about), reason, message);
    }

    /** That a condition has changed. */
    static EventDraft of(HasMetadata about, Condition condition, boolean warning, String message) {
        return new EventDraft(reference(about), warning, condition.reason(), message);
    }

    /** The event under a name of its own. */
    Event event(String instance, Instant at) {
        return of(instance, at)
                .editMetadata()
                .withGenerateName(prefix())
                .endMetadata()
                .build();
    }

    /**
     * The event under a name that follows from what it says, so that it can be written only once.
     *
     * @param occasion tells it from others about the same object with the same reason
     */
    Event event(String instance, Instant at, String occasion) {
        return of(instance, at)
                .editMetadata()
                .withName(prefix() + digest(about.getUid() + " " + reason + " " + occasion))
                .endMetadata()
                .build();
    }

    private EventBuilder of(String instance, Instant at) {
        String namespace = about.getNamespace();
        String time = at.truncatedTo(ChronoUnit.SECONDS).toString();
        return new EventBuilder()
                .withNewMetadata()
                .withNamespace(namespace == null ? "default" : namespace)
                .endMetadata()
                .withInvolvedObject(about)
                .withType(warning ? "Warning" : "Normal")
                .withReason(reason)
                .withMessage(message)
                .withFirstTimestamp(time)
                .withLastTimestamp(time)
                .withCount(1)
                .withNewSource(COMPONENT, null)
                .withReportingComponent(COMPONENT)
                .withReportingInstance(instance);
    }

    private String prefix() {
        String name = about.getName();
        return name.substring(0, Math.min(LONGEST_PREFIX, name.length())) + ".";
    }

    private static ObjectReference reference(HasMetadata about) {
        return new ObjectReferenceBuilder()
                .withApiVersion(about.getApiVersion())
                .withKind(about.getKind())
                .withNamespace(about.getMetadata().getNamespace())
                .withName(about.getMetadata().getName())
                .withUid(about.getMetadata().getUid())
                .withResourceVersion(about.getMetadata().getResourceVersion())
                .build();
    }

    private static String digest(String what) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256").digest(what.getBytes(StandardCharsets.UTF_8)), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return "%s of %s/%s: %s".formatted(reason, about.getNamespace(), about.getName(), message);
    }

    String object() {
        return about.getName();
    }
}
