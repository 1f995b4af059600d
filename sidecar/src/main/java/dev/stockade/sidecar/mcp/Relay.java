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

    /** The exchange is over: lets go of what is held. */
    void release();
}
