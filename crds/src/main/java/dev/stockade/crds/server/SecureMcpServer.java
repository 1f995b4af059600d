package dev.stockade.crds.server;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** An MCP server that answers only across the mesh, and only the agents that a policy names. */
@Group("stockade.dev")
@Version("v1alpha1")
@Kind("SecureMcpServer")
@Singular("securemcpserver")
@Plural("securemcpservers")
@ShortNames("mcps")
@Categories("stockade")
public class SecureMcpServer extends CustomResource<SecureMcpServerSpec, SecureMcpServerStatus> implements Namespaced {
    private static final long serialVersionUID = 1L;

    @Override
    protected SecureMcpServerStatus initStatus() {
        return SecureMcpServerStatus.NONE;
    }
}
