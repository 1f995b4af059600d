package dev.stockade.cli.doctor;

import static java.util.Objects.requireNonNull;

/** What the API server said to a pod that was created in a dry run. */
public sealed interface Trial {
    /** It would be created, with a sidecar. */
    record Injected() implements Trial {}

    /** It would be created without a sidecar. */
    record Bare() implements Trial {}

    /**
     * It would not be created.
     *
     * @param sentence the API server's
     */
    record Refused(String sentence) implements Trial {
        public Refused {
            requireNonNull(sentence);
        }
    }

    /** No namespace is in the mesh, so there is nowhere to create it. */
    record Nowhere() implements Trial {}
}
