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

    /** Unread data of one stream. */
    private static final int STREAM_WINDOW = 64 << 10;
    /** Unread data of one connection: some streams that stand still do not stop the others. */
    static final int CONNECTION_WINDOW = 256 << 10;
    /** What a connection's window is before it is widened (RFC 9113 section 6.9.2). */
    static final int INITIAL_CONNECTION_WINDOW = 65_535;
    /** A frame is in memory before it is whole, and windows do not bound that. */
    private static final int FRAME = 16 << 10;

    private static final int HEADER_LIST = 16 << 10;

    // What Netty bounds by itself, said here so that another release cannot change it unseen.
    /**
     * Streams that the peer resets, or makes us reset, in {@link #WINDOW_SECONDS} (rapid reset, CVE-2023-44487). More than Netty's
     * 200: an agent that cancels calls resets their streams, all of them on one connection.
     */
    private static final int RESETS = 1000;

    private static final int WINDOW_SECONDS = 30;
    /** Answers to PING and SETTINGS that the peer has not taken. */
    private static final int QUEUED_CONTROL_FRAMES = 1000;
    /** DATA without data, one after the other. */
    private static final int EMPTY_FRAMES = 2;
    /** CONTINUATION frames that are small, one after the other. */
    private static final int SMALL_CONTINUATIONS = 16;

    private Hbone() {}

    /** The accepting side's codec. */
    public static Http2FrameCodec acceptingCodec() {
        // Closing means closing: whoever wants the streams to finish first says GOAWAY and waits.
        return FrameFlood.watch(Http2FrameCodecBuilder.forServer()
                .initialSettings(settings().maxConcurrentStreams(STREAMS))
                // Read by whoever answers, so that a malformed head is refused with a status and recorded.
                .validateHeaders(false)
                .decoupleCloseAndGoAway(true)
                .decoderEnforceMaxRstFramesPerWindow(RESETS, WINDOW_SECONDS)
                .encoderEnforceMaxRstFramesPerWindow(RESETS, WINDOW_SECONDS)
                .encoderEnforceMaxQueuedControlFrames(QUEUED_CONTROL_FRAMES)
                .decoderEnforceMaxConsecutiveEmptyDataFrames(EMPTY_FRAMES)
                .decoderEnforceMaxSmallContinuationFrames(SMALL_CONTINUATIONS)
                .build());
    }

    /** The calling side's codec. */
    static Http2FrameCodec callingCodec() {
        return FrameFlood.watch(Http2FrameCodecBuilder.forClient()
                .initialSettings(settings().pushEnabled(false))
                .decoupleCloseAndGoAway(true)
                .encoderEnforceMaxQueuedControlFrames(QUEUED_CONTROL_FRAMES)
                .decoderEnforceMaxConsecutiveEmptyDataFrames(EMPTY_FRAMES)
                .decoderEnforceMaxSmallContinuationFrames(SMALL_CONTINUATIONS)
                .build());
    }

    private static Http2Settings settings() {
        return Http2Settings.defaultSettings()
                .initialWindowSize(STREAM_WINDOW)
                .maxFrameSize(FRAME)
                .maxHeaderListSize(HEADER_LIST);
    }
}
