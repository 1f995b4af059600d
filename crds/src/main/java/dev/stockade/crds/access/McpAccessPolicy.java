package dev.stockade.crds.access;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** Which agents may do what at which servers of its namespace. */
@Group("stockade.dev")
@Version("v1alpha1")
@Kind("McpAccessPolicy")
@Singular("mcpaccesspolicy")
@Plural("mcpaccesspolicies")
@ShortNames("mcpap")
@Categories("stockade")
public class McpAccessPolicy extends CustomResource<McpAccessPolicySpec, McpAccessPolicyStatus> implements Namespaced {
    private static final long serialVersionUID = 1L;

    @Override
    protected McpAccessPolicyStatus initStatus() {
        return McpAccessPolicyStatus.NONE;
    }
}
