package dev.stockade.sidecar.tunnel;

/** No stream could be opened, and nothing was sent. Its message says why, in one sentence. */
public final class UnreachableException extends Exception {
    UnreachableException(String sentence) {
        super(sentence);
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
