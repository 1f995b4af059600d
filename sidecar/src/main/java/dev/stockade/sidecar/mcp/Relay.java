package dev.stockade.sidecar.mcp;

import io.netty.buffer.ByteBuf;

/** Passes the body of one answer of the server to the agent, as far as the agent may have it. */
interface Relay {
    /** A part of the body, which the relay releases. */
    void content(ByteBuf data);

    /** The body is whole. */
    void end();

    /** The body will not become whole. */
    void broken(String why);

    /**
     * Ends the answer early, and tells the agent why.
     *
     * @param error the answer to the request that waits
     * @return false if this kind of answer cannot say it any more
     */
    default boolean breakOff(byte[] error) {
        return false;
    }

    /** The agent reads again. */
    default void agentReads() {}

    /** The exchange is over: lets go of what is held. */
    void release();
}
