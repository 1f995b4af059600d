package dev.stockade.model.identity;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The identity of a workload: {@code spiffe://<trust domain>/ns/<namespace>/<agent|mcp>/<name>}.
 *
 * <p>SPIFFE-ID section 2: scheme {@code spiffe}, a lower-case trust domain of at most 255 bytes, no query, no fragment, no
 * port, no percent-encoding, no empty segment. Namespace and name are Kubernetes names, so no segment needs escaping.
 */
public record SpiffeId(String trustDomain, String namespace, WorkloadKind kind, String name) {
    private static final Pattern TRUST_DOMAIN = Pattern.compile("[a-z0-9._-]{1,255}");
    private static final Pattern NAMESPACE = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
    private static final Pattern NAME =
            Pattern.compile("(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
    private static final int LONGEST = 2048;

    /** @throws IllegalArgumentException if a part is not what SPIFFE or Kubernetes allows */
    public SpiffeId {
        requireNonNull(kind);
        check(TRUST_DOMAIN, "trust domain", trustDomain);
        check(NAMESPACE, "namespace", namespace);
        check(NAME, "name", name);
    }

    private static void check(Pattern pattern, String what, String value) {
        if (!pattern.matcher(value).matches()) {
            throw new IllegalArgumentException("SPIFFE ID: '" + value + "' is not a " + what);
        }
    }

    /** The identity that the text names, or empty if it is not exactly of this form. */
    public static Optional<SpiffeId> parse(String uri) {
        if (uri.length() > LONGEST || !uri.startsWith("spiffe://")) {
            return Optional.empty();
        }
        String[] parts = uri.substring("spiffe://".length()).split("/", -1);
        if (parts.length != 5 || !parts[1].equals("ns")) {
            return Optional.empty();
        }
        for (WorkloadKind kind : WorkloadKind.values()) {
            if (kind.segment().equals(parts[3])) {
                try {
                    return Optional.of(new SpiffeId(parts[0], parts[2], kind, parts[4]));
                } catch (IllegalArgumentException e) {
                    return Optional.empty();
                }
            }
        }
        return Optional.empty();
    }

    /** The operator's own identity in a trust domain; no resource can yield it. */
    public static String operator(String trustDomain) {
        check(TRUST_DOMAIN, "trust domain", trustDomain);
        return "spiffe://" + trustDomain + "/stockade/operator";
    }

    /** As it stands in a certificate and in an audit line. */
    public String uri() {
        return "spiffe://" + trustDomain + "/ns/" + namespace + "/" + kind.segment() + "/" + name;
    }

    @Override
    public String toString() {
        return uri();
    }
}
