package dev.stockade.operator.authority;

import static java.util.Objects.requireNonNull;

import java.util.List;

/** What the lease holder has to say of the rotation. */
public sealed interface RotationProgress {
    /** Nothing. */
    record Quiet() implements RotationProgress {}

    /** @param sentences who or what holds up the step; never empty */
    record Waiting(List<String> sentences) implements RotationProgress {
        public Waiting {
            sentences = List.copyOf(sentences);
        }
    }

    /** @param sentence why what the annotation asks for is not done */
    record BadRequest(String sentence) implements RotationProgress {
        public BadRequest {
            requireNonNull(sentence);
        }
    }

    /** @param sentence why the CA that caSecretRef names is not used; what was made below the former one stays in use */
    record AuthorityRefused(String sentence) implements RotationProgress {
        public AuthorityRefused {
            requireNonNull(sentence);
        }
    }
}
