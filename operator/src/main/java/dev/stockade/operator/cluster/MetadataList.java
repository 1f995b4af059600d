package dev.stockade.operator.cluster;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Lists the metadata of a kind, from the API server's latest state (no resourceVersion is given). */
final class MetadataList {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    private static final int SECONDS = 10;

    private final KubernetesClient client;
    private final String path;

    /** @param path below the API server's address, with its query if any */
    MetadataList(KubernetesClient client, String path) {
        this.client = requireNonNull(client);
        this.path = requireNonNull(path);
    }

    /**
     * What a list said.
     *
     * @param versions UID to resourceVersion
     */
    record Listed(String resourceVersion, Map<String, String> versions) {
        Listed {
            versions = Map.copyOf(versions);
        }
    }

    /** @throws IOException if the API server does not answer within ten seconds, or not with a list */
    Listed list() throws IOException {
        HttpRequest request = client.getHttpClient()
                .newHttpRequestBuilder()
                .uri(client.getMasterUrl() + path)
                .header("Accept", METADATA_ONLY)
                .build();
        try {
            HttpResponse<byte[]> response =
                    client.getHttpClient().sendAsync(request, byte[].class).get(SECONDS, TimeUnit.SECONDS);
            if (response.code() != HttpURLConnection.HTTP_OK) {
                throw new IOException("list of " + path + " was answered with " + response.code());
            }
            JsonNode list = JSON.readTree(response.body());
            Map<String, String> versions = new HashMap<>();
            for (JsonNode item : list.path("items")) {
                JsonNode metadata = item.path("metadata");
                versions.put(
                        metadata.path("uid").asText(),
                        metadata.path("resourceVersion").asText());
            }
            return new Listed(list.path("metadata").path("resourceVersion").asText(), versions);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("list of " + path + " was not answered: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("list of " + path + " was interrupted", e);
        }
    }
}
