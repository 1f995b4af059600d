package dev.stockade.sidecar.vantage;

/**
 * What was seen of the server in this pod that its owner should know. For any thread.
 */
public final class OwnServer {
    private volatile int refusedInitialize;

    /**
     * The server answered a message that begins a conversation.
     *
     * @param status of HTTP; 404 and 405 say that nothing at {@code spec.path} speaks Streamable HTTP
     */
    public void began(int status) {
        refusedInitialize = isRefusal(status) ? status : 0;
    }

    /** Whether a server that speaks Streamable HTTP at that path would not answer so. */
    public static boolean isRefusal(int status) {
        return status == 404 || status == 405;
    }

    /** The status with which it last refused to begin; 0 if it did not. */
    public int refusedInitialize() {
        return refusedInitialize;
    }
}
