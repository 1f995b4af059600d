package dev.stockade.crds.server;

import dev.stockade.crds.schema.Merge;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.ValidationRule;
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
@ValidationRule(
        value = "size(self.metadata.name) <= 200",
        message =
                "the name of a SecureMcpServer has at most 200 characters, because the NetworkPolicy stockade-<name> is named after it")
@AdditionalPrinterColumn(
        name = "Ready",
        jsonPath = ".status.conditions[?(@.type==\"Ready\")].status",
        type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
        name = "Reason",
        jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason",
        type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(name = "Sidecars", jsonPath = ".status.sidecars", type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(name = "Port", jsonPath = ".spec.port", type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
        name = "Open Ports",
        jsonPath = ".status.openPorts",
        type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
        name = "Mesh Only",
        jsonPath = ".status.conditions[?(@.type==\"MeshOnly\")].status",
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
          "description": "An MCP server that answers only across the mesh, and only the agents that a policy names.",
          "required": ["spec"],
          "properties": {
            "spec": {"description": "What is wanted."},
            "status": {"description": "What the operator last saw.", "default": {"observedGeneration": -1}}}}
        """)
public class SecureMcpServer extends CustomResource<SecureMcpServerSpec, SecureMcpServerStatus> implements Namespaced {
    private static final long serialVersionUID = 1L;

    @Override
    protected SecureMcpServerStatus initStatus() {
        return SecureMcpServerStatus.NONE;
    }
}
