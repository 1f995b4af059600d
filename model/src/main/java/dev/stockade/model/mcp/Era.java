package dev.stockade.model.mcp;

/** The generation of the protocol that knows a method. */
public enum Era {
    /** Revisions up to 2025-11-25: sessions, GET streams, requests from the server. */
    LEGACY,
    /** Revision 2026-07-28: every request stands alone. */
    MODERN,
    BOTH;

    /** The first revision without sessions. Revisions are dates, so that later ones compare greater. */
    public static final String FIRST_MODERN = "2026-07-28";

    /** Whether a request that names this revision is of the modern generation; "" (none named) is legacy. */
    public static boolean isModern(String protocolVersion) {
        return protocolVersion.length() == FIRST_MODERN.length() && protocolVersion.compareTo(FIRST_MODERN) >= 0;
    }
}
