package dev.stockade.operator.authority;

import static java.util.Objects.requireNonNull;

/** The CA that MeshTrust's {@code caSecretRef} names, as it is now. */
sealed interface ExternalAuthority {
    /** MeshTrust names none: the operator makes its own root. */
    record None() implements ExternalAuthority {}

    /** It can sign issuers. */
    record Usable(Parent parent) implements ExternalAuthority {
        public Usable {
            requireNonNull(parent);
        }
    }

    /** @param sentence what is wrong with the Secret, and what to do */
    record Refused(String sentence) implements ExternalAuthority {
        public Refused {
            requireNonNull(sentence);
        }
    }
}
