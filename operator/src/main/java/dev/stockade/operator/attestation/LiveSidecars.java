package dev.stockade.operator.attestation;

/** Knows which sidecars are at work with a certificate. */
public interface LiveSidecars {
    /** Whether that pod's sidecar is known to be subscribed, and so holds a certificate that it can show. */
    boolean live(String podUid);

    /** Whether one that is not known to be subscribed is subscribed nowhere. May ask the API server. */
    boolean knowsAll();
}
