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
     * @param trust whom the mesh believes
     * @param bootstrapRoots what a pod is given when it is created: the roots of the trust, and the next one
     * @param rotation where the rotation is
     * @param progress what it waits for; only the lease holder's is current
     * @param overdue whether a certificate in use is in the last tenth of its life and should have been rotated long ago
     */
    record Usable(
            Trust trust,
            List<X509Certificate> bootstrapRoots,
            Rotation rotation,
            RotationProgress progress,
            boolean overdue)
            implements AuthorityState {
        public Usable {
            requireNonNull(trust);
            bootstrapRoots = List.copyOf(bootstrapRoots);
            requireNonNull(rotation);
            requireNonNull(progress);
        }

        /** The root that signs, in lower-case hex. */
        public String rootSha256() {
            return Der.sha256(trust.roots().getFirst());
        }

        /** When the root that signs ends. */
        public Instant rootEnds() {
            return trust.roots().getFirst().getNotAfter().toInstant();
        }

        /** When the issuing certificate ends; it is rotated after two thirds of its life. */
        public Instant issuerEnds() {
            return trust.issuers().getFirst().getNotAfter().toInstant();
        }
    }

    /** Nobody has looked yet: it is not usable, and nothing is known to be wrong with it. */
    record Unread() implements AuthorityState {}

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
