package dev.stockade.cli.cluster;

/** The cluster cannot be asked: exit code 3. The message says what is missing and what to do. */
public final class ClusterException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ClusterException(String sentence) {
        super(sentence);
    }
}
