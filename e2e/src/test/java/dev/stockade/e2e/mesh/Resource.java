package dev.stockade.e2e.mesh;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One of Stockade's custom resources as kubectl would show it. */
public record Resource(KubernetesClient client, String kind, String namespace, String name) {
    public static final String API = "stockade.dev/v1alpha1";

    /** A condition, with the generation of the resource that it speaks of. */
    public record Condition(String type, String status, String reason, String message, long observedGeneration) {}

    public Optional<GenericKubernetesResource> read() {
        return Optional.ofNullable(client.genericKubernetesResources(API, kind)
                .inNamespace(namespace)
                .withName(name)
                .get());
    }

    public GenericKubernetesResource get() {
        return read().orElseThrow(() -> new AssertionError(this + " does not exist"));
    }

    public long generation() {
        return Objects.requireNonNullElse(get().getMetadata().getGeneration(), 0L);
    }

    public Optional<Condition> condition(String type) {
        return conditions().stream().filter(one -> one.type().equals(type)).findFirst();
    }

    /** The field of the status, or null. */
    public @Nullable Object status(String field) {
        return map(get().getAdditionalProperties().get("status")).get(field);
    }

    public List<Condition> conditions() {
        Object conditions = map(get().getAdditionalProperties().get("status")).get("conditions");
        return conditions instanceof List<?> list
                ? list.stream().map(Resource::map).map(Resource::condition).toList()
                : List.of();
    }

    private static Condition condition(Map<?, ?> map) {
        return new Condition(
                String.valueOf(map.get("type")),
                String.valueOf(map.get("status")),
                String.valueOf(map.get("reason")),
                String.valueOf(map.get("message")),
                map.get("observedGeneration") instanceof Number number ? number.longValue() : -1);
    }

    private static Map<?, ?> map(@Nullable Object object) {
        return object instanceof Map<?, ?> map ? map : Map.of();
    }

    /** Waits until a condition has this status for the generation that is there now. */
    public Resource await(String type, String status) {
        Waiting.until(
                "%s is %s=%s".formatted(this, type, status),
                () -> read().map(there -> there.getAdditionalProperties().get("status")),
                () -> condition(type)
                        .filter(one -> one.status().equals(status) && one.observedGeneration() >= generation())
                        .isPresent());
        return this;
    }

    /** Waits until a condition is not True and gives this reason. */
    public Condition awaitReason(String type, String reason) {
        Waiting.until(
                "%s says %s in %s".formatted(this, reason, type),
                () -> read().map(there -> there.getAdditionalProperties().get("status")),
                () -> condition(type).filter(one -> one.reason().equals(reason)).isPresent());
        return condition(type).orElseThrow();
    }

    /** Changes the specification, as kubectl patch --type merge does. */
    public void patch(String json) {
        client.genericKubernetesResources(API, kind)
                .inNamespace(namespace)
                .withName(name)
                .patch(
                        io.fabric8.kubernetes.client.dsl.base.PatchContext.of(
                                io.fabric8.kubernetes.client.dsl.base.PatchType.JSON_MERGE),
                        json);
    }

    public void delete() {
        client.genericKubernetesResources(API, kind)
                .inNamespace(namespace)
                .withName(name)
                .delete();
    }

    @Override
    public String toString() {
        return namespace.isEmpty() ? kind + " " + name : "%s %s/%s".formatted(kind, namespace, name);
    }
}
