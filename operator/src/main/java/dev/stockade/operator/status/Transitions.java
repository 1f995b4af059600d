package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.common.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** One event for each time that a condition which people wait for becomes True or False, or for another reason. */
public final class Transitions {
    private static final Set<String> TOLD =
            Set.of(Conditions.READY, Conditions.SUSPENDED, Conditions.ROTATING, Conditions.MESH_ONLY);

    private final EventWriter events;

    public Transitions(EventWriter events) {
        this.events = requireNonNull(events);
    }

    /** Writes the events of what differs. An event that cannot be written is only logged. */
    public void record(HasMetadata resource, List<Condition> before, List<Condition> after) {
        after.stream()
                .filter(now -> isTold(now, Conditions.find(before, now.type())))
                .forEach(now -> events.write(EventDraft.of(
                        resource,
                        now,
                        isWarning(now),
                        now.type() + " is " + now.status().word() + ". " + now.message())));
    }

    static boolean isTold(Condition now, Optional<Condition> before) {
        if (!TOLD.contains(now.type()) || now.status() == Condition.Status.UNKNOWN) {
            return false;
        }
        // Not being suspended, or rotated, is news only after having been.
        boolean good = now.type().equals(Conditions.READY) || now.type().equals(Conditions.MESH_ONLY);
        if (!good && now.status() == Condition.Status.FALSE && before.isEmpty()) {
            return false;
        }
        return before.isEmpty()
                || before.get().status() != now.status()
                || !before.get().reason().equals(now.reason());
    }

    private static boolean isWarning(Condition condition) {
        if (condition.type().equals(Conditions.ROTATING)) {
            // Its steps are what was asked for; what is not done is not.
            return condition.status() == Condition.Status.FALSE
                    && !condition.message().isEmpty();
        }
        boolean good =
                condition.type().equals(Conditions.READY) || condition.type().equals(Conditions.MESH_ONLY);
        return good == (condition.status() == Condition.Status.FALSE);
    }
}
