package dev.stockade.e2e.mesh;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Stockade's custom resource definitions as the cluster has them, and as they are checked in. */
public record Definitions(KubernetesClient client) {
    private static final String GROUP = ".stockade.dev";

    /** The schema of each, by its name. */
    public Map<String, JSONSchemaProps> served() {
        Map<String, JSONSchemaProps> schemas = new TreeMap<>();
        client.apiextensions().v1().customResourceDefinitions().list().getItems().stream()
                .filter(one -> one.getMetadata().getName().endsWith(GROUP))
                .forEach(one -> schemas.put(one.getMetadata().getName(), schema(one)));
        return schemas;
    }

    public Map<String, JSONSchemaProps> checkedIn() {
        Path folder = Path.of(System.getProperty("stockade.root", ""), "charts/stockade/crds");
        Map<String, JSONSchemaProps> schemas = new TreeMap<>();
        for (File file : Objects.requireNonNull(folder.toFile().listFiles(), () -> "nothing in " + folder)) {
            CustomResourceDefinition one = client.apiextensions()
                    .v1()
                    .customResourceDefinitions()
                    .load(file)
                    .item();
            schemas.put(one.getMetadata().getName(), schema(one));
        }
        return schemas;
    }

    /** Has the cluster forget what it asks of the rules of policies, as the definition of another release may not have it. */
    public void dropARule() {
        client.apiextensions()
                .v1()
                .customResourceDefinitions()
                .withName("mcpaccesspolicies" + GROUP)
                .edit(definition -> {
                    property(property(schema(definition), "spec"), "allow")
                            .getItems()
                            .getSchema()
                            .setXKubernetesValidations(new ArrayList<>());
                    return definition;
                });
    }

    /** Removes all of them, and with them all resources. */
    public void delete() {
        client.apiextensions().v1().customResourceDefinitions().list().getItems().stream()
                .filter(one -> one.getMetadata().getName().endsWith(GROUP))
                .forEach(one -> client.resource(one).delete());
    }

    public void awaitGone() {
        Waiting.until("the definitions are gone", this::names, () -> names().isEmpty());
    }

    private List<String> names() {
        return List.copyOf(served().keySet());
    }

    private static JSONSchemaProps property(JSONSchemaProps schema, String name) {
        return Objects.requireNonNull(schema.getProperties().get(name), name);
    }

    private static JSONSchemaProps schema(CustomResourceDefinition definition) {
        return definition.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema();
    }
}
