package dev.stockade.operator.acks;

import java.time.Instant;

/** Certificates as sidecars show them in tests that are not about certificates. */
public final class Shown {
    private Shown() {}

    /** One that ends long after the test. */
    public static ShownCertificate certificate() {
        return new ShownCertificate("ab".repeat(32), Instant.parse("2100-01-01T00:00:00Z"));
    }
}
