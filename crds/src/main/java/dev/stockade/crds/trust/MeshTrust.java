package dev.stockade.crds.trust;

import dev.stockade.crds.schema.Merge;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.ValidationRule;
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
@ValidationRule(
        value = "self.metadata.name == 'default'",
        message =
                "there is one MeshTrust, and its name is default; rename it, or edit the one that the chart has created")
@AdditionalPrinterColumn(
        name = "Ready",
        jsonPath = ".status.conditions[?(@.type==\"Ready\")].status",
        type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
        name = "Reason",
        jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason",
        type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
        name = "Trust Domain",
        jsonPath = ".spec.trustDomain",
        type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(name = "Step", jsonPath = ".status.step", type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
        name = "Issuer Ends",
        jsonPath = ".status.issuers[0].notAfter",
        type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
        name = "Root Ends",
        jsonPath = ".status.roots[0].notAfter",
        type = AdditionalPrinterColumn.Type.STRING,
        priority = 1)
@AdditionalPrinterColumn(
        name = "Root",
        jsonPath = ".status.rootSha256",
        type = AdditionalPrinterColumn.Type.STRING,
        priority = 1)
@AdditionalPrinterColumn(
        name = "Rotating",
        jsonPath = ".status.conditions[?(@.type==\"Rotating\")].message",
        type = AdditionalPrinterColumn.Type.STRING,
        priority = 1)
@AdditionalPrinterColumn(
        name = "Message",
        jsonPath = ".status.conditions[?(@.type==\"Ready\")].message",
        type = AdditionalPrinterColumn.Type.STRING,
        priority = 1)
@AdditionalPrinterColumn(
        name = "Age",
        jsonPath = ".metadata.creationTimestamp",
        type = AdditionalPrinterColumn.Type.DATE)
@SchemaCustomizer(value = Merge.class, input = """
        {
          "description": "The trust domain of the mesh, its certificate authority and the kill switch. There is one, named default.",
          "required": ["spec"],
          "properties": {
            "spec": {"description": "What is wanted."},
            "status": {"description": "What the operator last saw.", "default": {"observedGeneration": -1}}}}
        """)
public class MeshTrust extends CustomResource<MeshTrustSpec, MeshTrustStatus> {
    private static final long serialVersionUID = 1L;

    @Override
    protected MeshTrustStatus initStatus() {
        return MeshTrustStatus.NONE;
    }
}
