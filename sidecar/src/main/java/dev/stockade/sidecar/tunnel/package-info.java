/**
 * HBONE: HTTP/2 CONNECT over mutual TLS, and the pool of connections on the calling side.
 *
 * <p>In: channels whose handshake {@code tls} let pass, and destinations. Out: one Netty channel a CONNECT stream, whose
 * pipeline carries plain {@code ByteBuf}s both ways, with back-pressure by auto-read and writability. Everything here runs on
 * the one event loop of the data path, so that no state is shared between threads.
 */
@NullMarked
package dev.stockade.sidecar.tunnel;

import org.jspecify.annotations.NullMarked;
