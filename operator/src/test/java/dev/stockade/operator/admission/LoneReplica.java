package dev.stockade.operator.admission;

import java.security.NoSuchAlgorithmException;
import java.util.List;
import javax.net.ssl.SSLContext;

/** The only replica has no others to ask. */
public final class LoneReplica {
    public static final OtherReplicas OTHERS = new OtherReplicas(List::of, 1, tls());

    private LoneReplica() {}

    private static SSLContext tls() {
        try {
            return SSLContext.getDefault();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
