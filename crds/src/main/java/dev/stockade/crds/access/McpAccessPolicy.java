package dev.stockade.crds.access;

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

/** Which agents may do what at which servers of its namespace. */
@Group("stockade.dev")
@Version("v1alpha1")
@Kind("McpAccessPolicy")
@Singular("mcpaccesspolicy")
@Plural("mcpaccesspolicies")
@ShortNames("mcpap")
@Categories("stockade")
@AdditionalPrinterColumn(
        name = "Ready",
        jsonPath = ".status.conditions[?(@.type==\"Ready\")].status",
        type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
        name = "Reason",
        jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason",
        type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(name = "Agents", jsonPath = ".status.agents", type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(name = "Servers", jsonPath = ".status.servers", type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(name = "Sidecars", jsonPath = ".status.sidecars", type = AdditionalPrinterColumn.Type.STRING)
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
          "description": "Which agents may do what at which servers of its namespace.",
          "required": ["spec"],
          "properties": {
            "spec": {"description": "What is wanted."},
            "status": {"description": "What the operator last saw.", "default": {"observedGeneration": -1}}}}
        """)
public class McpAccessPolicy extends CustomResource<McpAccessPolicySpec, McpAccessPolicyStatus> implements Namespaced {
    private static final long serialVersionUID = 1L;

    @Override
    protected McpAccessPolicyStatus initStatus() {
        return McpAccessPolicyStatus.NONE;
    }
}
