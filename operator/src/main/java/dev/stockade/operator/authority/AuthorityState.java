package dev.stockade.operator.authority;

import static java.util.Objects.requireNonNull;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/** Whether the authority can sign; what MeshTrust's status reports. */
public sealed interface AuthorityState {
    /**
     * It signs.
     *
     * @param roots the current one first, and during a rotation the other
     * @param rootSha256 the current root, in lower-case hex
     * @param issuerEnds when the issuing certificate ends; it is renewed after two thirds of its life
     */
    record Usable(List<X509Certificate> roots, String rootSha256, Instant rootEnds, Instant issuerEnds)
            implements AuthorityState {
        public Usable {
            roots = List.copyOf(roots);
            requireNonNull(rootSha256);
            requireNonNull(rootEnds);
            requireNonNull(issuerEnds);
        }
    }

    /**
     * It refuses to sign.
     *
     * @param sentence what is wrong with which object, and what to do
     * @param userMustMend whether waiting will not help
     */
    record Refusing(String sentence, boolean userMustMend) implements AuthorityState {
        public Refusing {
            requireNonNull(sentence);
        }
    }
}
