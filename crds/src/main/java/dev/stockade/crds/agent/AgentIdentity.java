package dev.stockade.crds.agent;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** An agent: which pods are it, and whose servers it is willing to use. */
@Group("stockade.dev")
@Version("v1alpha1")
@Kind("AgentIdentity")
@Singular("agentidentity")
@Plural("agentidentities")
@ShortNames("agid")
@Categories("stockade")
public class AgentIdentity extends CustomResource<AgentIdentitySpec, AgentIdentityStatus> implements Namespaced {
    private static final long serialVersionUID = 1L;

    @Override
    protected AgentIdentityStatus initStatus() {
        return AgentIdentityStatus.NONE;
    }
}
