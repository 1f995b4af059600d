package dev.stockade.operator.authority;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.security.GeneralSecurityException;
import java.util.Map;
import java.util.Optional;

/** The Secret that holds the CA. Two replicas may create it, or take the next step, in the same moment: one of them wins. */
final class CaSecret {
    static final String NAME = "stockade-ca";

    private final KubernetesClient client;
    private final String namespace;

    CaSecret(KubernetesClient client, String namespace) {
        this.client = requireNonNull(client);
        this.namespace = requireNonNull(namespace);
    }

    /** What was stored, and the version that a later write must still find. */
    record Stored(SigningMaterial material, String resourceVersion) {}

    /**
     * @return empty if there is no such Secret
     * @throws GeneralSecurityException if its content is not a CA
     * @throws KubernetesClientException if the API server cannot be asked
     */
    Optional<Stored> read() throws GeneralSecurityException {
        Secret secret = client.secrets().inNamespace(namespace).withName(NAME).get();
        if (secret == null) {
            return Optional.empty();
        }
        return Optional.of(
                new Stored(CaEntries.read(entries(secret)), secret.getMetadata().getResourceVersion()));
    }

    /** @return false if somebody else was first */
    boolean create(SigningMaterial material) {
        try {
            client.resource(secret(material).build()).create();
            return true;
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
                return false;
            }
            throw e;
        }
    }

    /** @return what is stored now; empty if the Secret was changed or removed since it was read */
    Optional<Stored> replace(SigningMaterial material, String resourceVersion) {
        try {
            Secret written = client.resource(secret(material)
                            .editMetadata()
                            .withResourceVersion(resourceVersion)
                            .endMetadata()
                            .build())
                    .update();
            return Optional.of(new Stored(material, written.getMetadata().getResourceVersion()));
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_CONFLICT || e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static Map<String, String> entries(Secret secret) {
        return secret.getData() == null ? Map.of() : secret.getData();
    }

    private SecretBuilder secret(SigningMaterial material) {
        return new SecretBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(NAME)
                .addToLabels("app.kubernetes.io/name", "stockade")
                .addToLabels("app.kubernetes.io/managed-by", "stockade-operator")
                .endMetadata()
                .withType("kubernetes.io/tls")
                .withData(CaEntries.write(material));
    }

    @Override
    public String toString() {
        return "Secret " + namespace + "/" + NAME;
    }
}
