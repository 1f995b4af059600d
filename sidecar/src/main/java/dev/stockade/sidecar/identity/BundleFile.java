package dev.stockade.sidecar.identity;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;

/**
 * A bundle as text: its roots as PEM, and before them, in lines that readers of PEM pass over, what PEM cannot say.
 *
 * <pre>
 * # stockade trust bundle, SHA-256 of what follows: ...
 * # epoch: 7
 * # bound until: 2026-11-23T19:00:00Z
 * # issuer: ...
 * -----BEGIN CERTIFICATE-----
 * </pre>
 *
 * <p>The digest finds a file that was cut short or altered by accident. An earlier release wrote the PEM alone.
 *
 * @param boundUntil when the last certificate ends that was held under this bundle
 */
public record BundleFile(TrustBundle bundle, Instant boundUntil) {
    private static final String HEAD = "# stockade trust bundle, SHA-256 of what follows: ";
    private static final String EPOCH = "# epoch: ";
    private static final String BOUND_UNTIL = "# bound until: ";
    private static final String ISSUER = "# issuer: ";

    public BundleFile {
        requireNonNull(bundle);
        requireNonNull(boundUntil);
    }

    public String print() {
        StringBuilder body = new StringBuilder();
        body.append(EPOCH).append(bundle.epoch()).append('\n');
        body.append(BOUND_UNTIL).append(boundUntil).append('\n');
        bundle.issuers()
                .forEach(issuer -> body.append(ISSUER).append(issuer.hex()).append('\n'));
        body.append(bundle.toPem());
        return HEAD + digest(body.toString()) + "\n" + body;
    }

    /** @throws IllegalArgumentException with one sentence, if it is not one, or not whole */
    public static BundleFile parse(String trustDomain, String text) {
        if (!text.startsWith("#")) {
            return new BundleFile(TrustBundle.ofPem(trustDomain, text), Instant.EPOCH);
        }
        int body = text.indexOf('\n') + 1;
        if (body == 0 || !text.substring(0, body).equals(HEAD + digest(text.substring(body)) + "\n")) {
            throw new IllegalArgumentException("it is not what was written there");
        }
        long epoch = 0;
        Instant boundUntil = Instant.EPOCH;
        SequencedSet<Fingerprint> issuers = new LinkedHashSet<>();
        try {
            for (String line : text.substring(body).lines().toList()) {
                if (line.startsWith(EPOCH)) {
                    epoch = Long.parseLong(line.substring(EPOCH.length()));
                } else if (line.startsWith(BOUND_UNTIL)) {
                    boundUntil = Instant.parse(line.substring(BOUND_UNTIL.length()));
                } else if (line.startsWith(ISSUER)) {
                    issuers.add(new Fingerprint(line.substring(ISSUER.length())));
                }
            }
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("a date in it is not one", e);
        }
        List<X509Certificate> roots = TrustBundle.certificates(text);
        return new BundleFile(new TrustBundle(trustDomain, new LinkedHashSet<>(roots), issuers, epoch), boundUntil);
    }

    private static String digest(String text) {
        return HexFormat.of().formatHex(Fingerprint.sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
    }
}
