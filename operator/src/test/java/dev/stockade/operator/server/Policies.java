package dev.stockade.operator.server;

import dev.stockade.crds.server.SecureMcpServer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;

/** The NetworkPolicies that the operator makes, for tests of other packages. */
public final class Policies {
    private Policies() {}

    /** As it stands in the cluster, with what the API server adds. */
    public static NetworkPolicy of(SecureMcpServer server) {
        return ServerNetworkPolicy.of(server)
                .edit()
                .editMetadata()
                .withUid("uid-policy")
                .withResourceVersion("1")
                .endMetadata()
                .build();
    }
}
