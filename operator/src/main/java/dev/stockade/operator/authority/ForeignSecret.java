package dev.stockade.operator.authority;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the Secret that {@code caSecretRef} names. It is only ever read, never written, and its key stays in memory. Parsed
 * again only when it has changed. Used by one thread at a time.
 */
final class ForeignSecret {
    private final KubernetesClient client;
    private final String namespace;

    private @Nullable Parsed last;

    ForeignSecret(KubernetesClient client, String namespace) {
        this.client = requireNonNull(client);
        this.namespace = requireNonNull(namespace);
    }

    /** One version of a Secret, and what came of it. */
    private record Parsed(String uid, String resourceVersion, ExternalAuthority authority) {}

    /**
     * The CA as it is now.
     *
     * @param name of the Secret; empty if MeshTrust names none
     * @throws KubernetesClientException if the API server cannot be asked
     */
    ExternalAuthority read(Optional<String> name, Instant now) {
        if (name.isEmpty()) {
            last = null;
            return new ExternalAuthority.None();
        }
        String who = "Secret " + namespace + "/" + name.get();
        Secret secret;
        try {
            secret =
                    client.secrets().inNamespace(namespace).withName(name.get()).get();
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
                return new ExternalAuthority.Refused("The operator may not read " + who
                        + ", which MeshTrust default names in spec.caSecretRef. Set the chart's value caSecretName to "
                        + name.get() + ".");
            }
            throw e;
        }
        if (secret == null) {
            return new ExternalAuthority.Refused(who
                    + " does not exist, but MeshTrust default names it in spec.caSecretRef."
                    + " Create it with tls.crt, tls.key and ca.crt, or remove spec.caSecretRef.");
        }
        return checked(parsed(secret, who, now), who, now);
    }

    private ExternalAuthority parsed(Secret secret, String who, Instant now) {
        String uid = secret.getMetadata().getUid();
        String version = secret.getMetadata().getResourceVersion();
        Parsed before = last;
        if (before != null
                && before.authority() instanceof ExternalAuthority.Usable
                && before.uid().equals(uid)
                && before.resourceVersion().equals(version)) {
            return before.authority();
        }
        Parsed parsed = new Parsed(uid, version, parse(secret, who, now));
        last = parsed;
        return parsed.authority();
    }

    private static ExternalAuthority parse(Secret secret, String who, Instant now) {
        try {
            return new ExternalAuthority.Usable(
                    ForeignChain.read(secret.getData() == null ? Map.of() : secret.getData(), now));
        } catch (GeneralSecurityException e) {
            return new ExternalAuthority.Refused(who + ": " + e.getMessage() + ".");
        }
    }

    private static ExternalAuthority checked(ExternalAuthority authority, String who, Instant now) {
        return authority instanceof ExternalAuthority.Usable(Parent parent)
                ? ForeignChain.unusable(parent, now)
                        .<ExternalAuthority>map(why -> new ExternalAuthority.Refused(who + ": " + why + "."))
                        .orElse(authority)
                : authority;
    }
}
