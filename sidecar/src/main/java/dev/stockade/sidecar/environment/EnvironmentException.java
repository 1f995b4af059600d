package dev.stockade.sidecar.environment;

/** A variable is missing or wrong. Its message is one sentence for people. */
public final class EnvironmentException extends Exception {
    EnvironmentException(String sentence) {
        super(sentence);
    }
}
