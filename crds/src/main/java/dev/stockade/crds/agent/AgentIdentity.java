package dev.stockade.crds.agent;

import dev.stockade.crds.schema.Merge;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
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
@AdditionalPrinterColumn(
        name = "Ready",
        jsonPath = ".status.conditions[?(@.type==\"Ready\")].status",
        type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
        name = "Reason",
        jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason",
        type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(name = "SPIFFE ID", jsonPath = ".status.spiffeId", type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(name = "Pods", jsonPath = ".status.pods", type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(name = "Sidecars", jsonPath = ".status.sidecars", type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
        name = "Suspended",
        jsonPath = ".status.conditions[?(@.type==\"Suspended\")].status",
        type = AdditionalPrinterColumn.Type.STRING)
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
          "description": "An agent: which pods are it, and whose servers it is willing to use.",
          "required": ["spec"],
          "properties": {
            "spec": {"description": "What is wanted."},
            "status": {"description": "What the operator last saw.", "default": {"observedGeneration": -1}}}}
        """)
public class AgentIdentity extends CustomResource<AgentIdentitySpec, AgentIdentityStatus> implements Namespaced {
    private static final long serialVersionUID = 1L;

    @Override
    protected AgentIdentityStatus initStatus() {
        return AgentIdentityStatus.NONE;
    }
}
