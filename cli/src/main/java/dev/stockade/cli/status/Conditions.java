package dev.stockade.cli.status;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.common.Condition;
import java.util.List;
import java.util.Optional;

/** The conditions of one resource. */
record Conditions(List<Condition> all) {
    Conditions {
        all = List.copyOf(all);
    }

    Optional<Condition> of(String type) {
        requireNonNull(type);
        return all.stream().filter(c -> c.type().equals(type)).findFirst();
    }

    boolean is(String type, Condition.Status status) {
        return of(type).filter(c -> c.status() == status).isPresent();
    }

    /** True, False or Unknown; {@code -} where nothing was said. */
    String word(String type) {
        return of(type).map(c -> switch (c.status()) {
                    case TRUE -> "True";
                    case FALSE -> "False";
                    case UNKNOWN -> "Unknown";
                })
                .orElse("-");
    }
}
