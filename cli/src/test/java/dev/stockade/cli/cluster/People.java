package dev.stockade.cli.cluster;

import static java.util.Objects.requireNonNull;

import dev.stockade.fixture.ApiServer;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Those who ask: service accounts of the namespace {@code people}, each with a kubeconfig of the same name. */
final class People {
    private static final String NAMESPACE = "people";
    private static final String RBAC = "rbac.authorization.k8s.io";

    private final ApiServer server;
    private final KubernetesClient client;
    private final Path folder;

    /** @param folder where the kubeconfigs lie */
    People(ApiServer server, Path folder) {
        this.server = requireNonNull(server);
        this.client = server.client();
        this.folder = requireNonNull(folder);
    }

    /**
     * Somebody without any rights.
     *
     * @param context the namespace of names that are written without one
     */
    void add(String name, String context) throws IOException {
        client.resource(new ServiceAccountBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace(NAMESPACE)
                        .endMetadata()
                        .build())
                .create();
        String token = client.serviceAccounts()
                .inNamespace(NAMESPACE)
                .withName(name)
                .tokenRequest(new TokenRequestBuilder()
                        .withNewSpec()
                        .withExpirationSeconds(600L)
                        .endSpec()
                        .build())
                .getStatus()
                .getToken();
        Files.writeString(folder.resolve(name), server.kubeconfig(token, context));
    }

    /** Gives somebody a ClusterRole, in the whole cluster. */
    void grant(String name, String role) {
        client.resource(new ClusterRoleBindingBuilder()
                        .withNewMetadata()
                        .withName(binding(name, role))
                        .endMetadata()
                        .withNewRoleRef(RBAC, "ClusterRole", role)
                        .addNewSubject("", "ServiceAccount", name, NAMESPACE)
                        .build())
                .create();
    }

    /** Gives somebody a ClusterRole, in one namespace. */
    void grantIn(String namespace, String name, String role) {
        client.resource(new RoleBindingBuilder()
                        .withNewMetadata()
                        .withName(binding(name, role))
                        .withNamespace(namespace)
                        .endMetadata()
                        .withNewRoleRef(RBAC, "ClusterRole", role)
                        .addNewSubject("", "ServiceAccount", name, NAMESPACE)
                        .build())
                .create();
    }

    private static String binding(String name, String role) {
        return name + "-" + role.replace(':', '-');
    }
}
