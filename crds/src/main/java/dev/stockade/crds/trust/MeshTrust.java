package dev.stockade.crds.trust;

import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** The trust domain, its certificate authority and the kill switch. One, cluster-scoped, named {@code default}. */
@Group("stockade.dev")
@Version("v1alpha1")
@Kind("MeshTrust")
@Singular("meshtrust")
@Plural("meshtrusts")
@Categories("stockade")
public class MeshTrust extends CustomResource<MeshTrustSpec, MeshTrustStatus> {
    private static final long serialVersionUID = 1L;

    @Override
    protected MeshTrustStatus initStatus() {
        return MeshTrustStatus.NONE;
    }
}
