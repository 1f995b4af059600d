package dev.stockade.model.policy;

import java.util.Optional;

/** What a server may ask of an agent. */
public enum ClientFeature {
    SAMPLING("sampling"),
    ELICITATION("elicitation"),
    ROOTS("roots");

    private final String word;

    ClientFeature(String word) {
        this.word = word;
    }

    /** As it stands in a policy. */
    public String word() {
        return word;
    }

    /** The feature of that name, or empty. */
    public static Optional<ClientFeature> named(String word) {
        for (ClientFeature feature : values()) {
            if (feature.word.equals(word)) {
                return Optional.of(feature);
            }
        }
        return Optional.empty();
    }
}
