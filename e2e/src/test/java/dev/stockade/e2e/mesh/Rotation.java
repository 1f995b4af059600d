package dev.stockade.e2e.mesh;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/** The rotations of the certificate authority, as MeshTrust takes requests for them and shows their steps. */
public record Rotation(KubernetesClient client) {
    private static final String ANNOTATION = "stockade.dev/rotate";
    private static final String STABLE = "Stable";

    /** Asks for one by the annotation, unlike all that asked before: of the root, or of the issuer. */
    public String request(String of) {
        String value = "%s@%s".formatted(of, UUID.randomUUID());
        annotate(value);
        return value;
    }

    public void annotate(String value) {
        trust().patch("{\"metadata\":{\"annotations\":{\"%s\":\"%s\"}}}".formatted(ANNOTATION, value));
    }

    public String step() {
        return Objects.toString(trust().status("step"), "");
    }

    /** The SHA-256 of the root, of which the status also names the other one during a rotation. */
    public List<String> roots() {
        return sha256("roots");
    }

    /** The same of the issuers, the one that signs first. */
    public List<String> issuers() {
        return sha256("issuers");
    }

    private List<String> sha256(String field) {
        return trust().status(field) instanceof List<?> list
                ? list.stream()
                        .map(one -> one instanceof Map<?, ?> map ? String.valueOf(map.get("sha256")) : "")
                        .toList()
                : List.of();
    }

    public void awaitStep(String step) {
        Waiting.until("MeshTrust is at " + step, this::state, () -> step().equals(step));
    }

    /** Waits until the rotation that this value asked for is over. */
    public void awaitDone(String request) {
        Waiting.until(
                Waiting.GREAT_PATIENCE,
                "the rotation %s is over".formatted(request),
                this::state,
                () -> step().equals(STABLE) && lastRequest().equals(Optional.of(request)));
    }

    /** Waits until nothing rotates and the one root is as it should be. */
    public void awaitRoot(String what, Predicate<String> wanted) {
        Waiting.until(
                Waiting.GREAT_PATIENCE,
                what,
                this::state,
                () -> step().equals(STABLE) && roots().size() == 1 && wanted.test(roots().getFirst()));
    }

    private Optional<String> lastRequest() {
        return trust().status("lastRotation") instanceof Map<?, ?> last
                ? Optional.of(String.valueOf(last.get("request")))
                : Optional.empty();
    }

    private Object state() {
        return trust().get().getAdditionalProperties();
    }

    private Resource trust() {
        return new Resource(client, "MeshTrust", "", "default");
    }

    /** Watches the steps from now on. */
    public Steps steps() {
        List<String> seen = new CopyOnWriteArrayList<>();
        return new Steps(
                seen,
                client.genericKubernetesResources(Resource.API, "MeshTrust")
                        .withName("default")
                        .watch(new Watcher<>() {
                            @Override
                            public void eventReceived(Action action, GenericKubernetesResource trust) {
                                String step = Objects.toString(trust.get("status", "step"), "");
                                if (seen.isEmpty() || !seen.getLast().equals(step)) {
                                    seen.add(step);
                                }
                            }

                            @Override
                            public void onClose(WatcherException cause) {}
                        }));
    }

    /** What the status said one after the other. */
    public record Steps(List<String> seen, Watch watch) implements AutoCloseable {
        @Override
        public void close() {
            watch.close();
        }
    }
}
