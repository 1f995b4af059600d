package dev.stockade.sidecar.tunnel;

import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Settings;

/** The parameters of the tunnel, and codecs made with them. */
public final class Hbone {
    /** Where sidecars accept. */
    public static final int PORT = 15008;
    /** Why a CONNECT was refused: a word of {@code Reason}. */
    public static final String REASON = "stockade-reason";
    /** The id of the refusal's audit line. */
    public static final String AUDIT_ID = "stockade-audit-id";

    /** Streams on a connection; the next one goes to a sibling. */
    static final int STREAMS = 200;

    static final int CONNECTION_WINDOW = 4 << 20;
    private static final int STREAM_WINDOW = 1 << 20;
    private static final int FRAME = 1 << 20;
    private static final int HEADER_LIST = 16 << 10;
    /** What a connection's window is before it is widened (RFC 9113 section 6.9.2). */
    static final int INITIAL_CONNECTION_WINDOW = 65_535;

    private Hbone() {}

    /** The accepting side's codec. */
    public static Http2FrameCodec acceptingCodec() {
        // Closing means closing: whoever wants the streams to finish first says GOAWAY and waits.
        return Http2FrameCodecBuilder.forServer()
                .initialSettings(settings().maxConcurrentStreams(STREAMS))
                // Read by whoever answers, so that a malformed head is refused with a status and recorded.
                .validateHeaders(false)
                .decoupleCloseAndGoAway(true)
                .build();
    }

    /** The calling side's codec. */
    static Http2FrameCodec callingCodec() {
        return Http2FrameCodecBuilder.forClient()
                .initialSettings(settings().pushEnabled(false))
                .decoupleCloseAndGoAway(true)
                .build();
    }

    private static Http2Settings settings() {
        return Http2Settings.defaultSettings()
                .initialWindowSize(STREAM_WINDOW)
                .maxFrameSize(FRAME)
                .maxHeaderListSize(HEADER_LIST);
    }
}
