package dev.stockade.e2e.mesh;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Sees every version of every resource of Stockade's kinds in some namespaces, and notes each condition that becomes another one,
 * or says that it had.
 */
public final class ConditionWatch implements AutoCloseable {
    private static final List<String> KINDS = List.of("SecureMcpServer", "AgentIdentity", "McpAccessPolicy");

    private final List<Watch> watches = new ArrayList<>();
    private final Map<String, Map<String, String>> last = new HashMap<>();
    private final List<String> changes = new ArrayList<>();
    private int seen;

    private ConditionWatch() {}

    /** Begins, with what stands there now. */
    public static ConditionWatch of(KubernetesClient client, String... namespaces) {
        ConditionWatch watch = new ConditionWatch();
        for (String namespace : namespaces) {
            for (String kind : KINDS) {
                watch.watches.add(client.genericKubernetesResources(Resource.API, kind)
                        .inNamespace(namespace)
                        .watch(new Watcher<>() {
                            @Override
                            public void eventReceived(Action action, GenericKubernetesResource resource) {
                                watch.saw(resource);
                            }

                            @Override
                            public void onClose(WatcherException cause) {
                                watch.lost(cause.toString());
                            }
                        }));
            }
        }
        return watch;
    }

    private synchronized void saw(GenericKubernetesResource resource) {
        seen++;
        String name = "%s %s/%s"
                .formatted(
                        resource.getKind(),
                        resource.getMetadata().getNamespace(),
                        resource.getMetadata().getName());
        Map<String, String> now = new TreeMap<>();
        if (resource.get("status", "conditions") instanceof List<?> conditions) {
            for (Object one : conditions) {
                if (one instanceof Map<?, ?> condition) {
                    now.put(
                            String.valueOf(condition.get("type")),
                            condition.get("status") + " since " + condition.get("lastTransitionTime"));
                }
            }
        }
        Map<String, String> before = last.put(name, now);
        if (before != null && !before.equals(now)) {
            now.forEach((type, state) -> {
                if (!state.equals(before.get(type))) {
                    changes.add("%s: %s was %s and became %s".formatted(name, type, before.get(type), state));
                }
            });
        }
    }

    private synchronized void lost(String why) {
        changes.add("a watch broke, so that nothing is known: " + why);
    }

    /** What became another, in order. */
    public synchronized List<String> changes() {
        return List.copyOf(changes);
    }

    /** How many versions were seen. */
    public synchronized int seen() {
        return seen;
    }

    @Override
    public void close() {
        watches.forEach(Watch::close);
    }
}
