package dev.stockade.e2e.mesh;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;

/** The row of a resource that {@code kubectl get} prints, as the API server makes it for kubectl. */
public final class Columns {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Columns() {}

    /** By the columns' names, without those that only {@code -o wide} shows. */
    public static Map<String, String> of(KubernetesClient client, String path) {
        JsonNode table = get(client, "apis/" + Resource.API + "/" + path);
        JsonNode cells = table.at("/rows/0/cells");
        Map<String, String> columns = new LinkedHashMap<>();
        int i = 0;
        for (JsonNode column : table.path("columnDefinitions")) {
            if (column.path("priority").asInt() == 0) {
                columns.put(column.path("name").asText(), cells.path(i).asText());
            }
            i++;
        }
        return columns;
    }

    private static JsonNode get(KubernetesClient client, String path) {
        HttpResponse<String> response = client.getHttpClient()
                .sendAsync(
                        client.getHttpClient()
                                .newHttpRequestBuilder()
                                .uri(URI.create(client.getMasterUrl() + path))
                                .header("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")
                                .build(),
                        String.class)
                .join();
        try {
            return JSON.readTree(response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(path + " is no table", e);
        }
    }
}
