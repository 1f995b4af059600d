package dev.stockade.cli.status;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.common.Condition;
import java.util.List;
import java.util.Optional;

/** The conditions of one resource. */
public record Conditions(List<Condition> all) {
    public Conditions {
        all = List.copyOf(all);
    }

    /** The one of that type. */
    public Optional<Condition> of(String type) {
        requireNonNull(type);
        return all.stream().filter(c -> c.type().equals(type)).findFirst();
    }

    /** Whether there is one of that type with that status. */
    public boolean is(String type, Condition.Status status) {
        return of(type).filter(c -> c.status() == status).isPresent();
    }

    /** True, False or Unknown; {@code -} where nothing was said. */
    String word(String type) {
        return of(type).map(c -> c.status().word()).orElse("-");
    }
}
