package dev.stockade.operator;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.Definitions;
import dev.stockade.crds.trust.CaSecretRef;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.crds.trust.MeshTrustStatus;
import dev.stockade.operator.authority.TrustSettings;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Optional;

/** The two things that have to be in the API server before anything else can work: our definitions, and the MeshTrust. */
final class MeshTrustReader {
    private static final String FIELD_MANAGER = "stockade-operator";
    private static final String NAME = "default";

    private final KubernetesClient client;

    MeshTrustReader(KubernetesClient client) {
        this.client = requireNonNull(client);
    }

    /** Brings the definitions of this release in, so that an upgrade of the operator upgrades them. */
    void applyDefinitions() {
        for (String definition : Definitions.yaml()) {
            client.resource(client.getKubernetesSerialization().unmarshal(definition, CustomResourceDefinition.class))
                    .fieldManager(FIELD_MANAGER)
                    .forceConflicts()
                    .serverSideApply();
        }
    }

    /** What MeshTrust says now; empty if there is none. */
    Optional<TrustSettings> read() {
        return Optional.ofNullable(
                        client.resources(MeshTrust.class).withName(NAME).get())
                .map(trust -> new TrustSettings(
                        trust.getSpec().trustDomain(),
                        trust.getSpec().rootDuration(),
                        trust.getSpec().issuerDuration(),
                        Optional.ofNullable(trust.getSpec().caSecretRef()).map(CaSecretRef::name),
                        rotate(trust.getMetadata()),
                        Optional.ofNullable(trust.getStatus())
                                .map(MeshTrustStatus::rootSha256)
                                .filter(root -> !root.isEmpty()),
                        Optional.ofNullable(trust.getStatus())
                                .map(MeshTrustStatus::epoch)
                                .orElse(0L)));
    }

    private static String rotate(ObjectMeta metadata) {
        return metadata.getAnnotations() == null
                ? ""
                : metadata.getAnnotations().getOrDefault(TrustSettings.ROTATE, "");
    }
}
