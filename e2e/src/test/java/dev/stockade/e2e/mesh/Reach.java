package dev.stockade.e2e.mesh;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.e2e.workload.Program;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.PodResource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Which of several addresses a pod can open a connection to. Nothing is sent; all are tried at once. */
public final class Reach {
    /** Prints one fact: each target, {@code host:port}, and whether it opened within five seconds. */
    private static final String SCRIPT = """
            const net = require('node:net');
            const tried = target => new Promise(done => {
              const at = target.lastIndexOf(':');
              const socket = net.connect({host: target.slice(0, at), port: Number(target.slice(at + 1))});
              const end = opened => { socket.destroy(); done([target, opened]); };
              setTimeout(() => end(false), 5000).unref();
              socket.on('connect', () => end(true));
              socket.on('error', () => end(false));
            });
            Promise.all(process.argv.slice(1).map(tried)).then(all => console.log(JSON.stringify(Object.fromEntries(all))));
            """;

    private Reach() {}

    /** Tries from a pod of the tests. */
    public static Map<String, Boolean> from(Program program, Collection<String> targets) {
        return opened(program.fact(command(targets).toArray(String[]::new)));
    }

    /**
     * Tries from within any pod: a container is added to it for that, and ends by itself.
     *
     * @param image of the tests' programs
     * @param name of the container; each is used once
     */
    public static Map<String, Boolean> fromWithin(
            KubernetesClient client, Pod pod, String image, String name, Collection<String> targets) {
        PodResource resource = client.pods()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName());
        resource.ephemeralContainers()
                .edit(now -> new PodBuilder(now)
                        .editSpec()
                        .addNewEphemeralContainer()
                        .withName(name)
                        .withImage(image)
                        .withImagePullPolicy("IfNotPresent")
                        .withCommand(command(targets))
                        .endEphemeralContainer()
                        .endSpec()
                        .build());
        Waiting.until(
                "container " + name + " has ended",
                () -> resource.get().getStatus().getEphemeralContainerStatuses(),
                () -> statuses(resource.get())
                        .anyMatch(status -> status.getName().equals(name)
                                && status.getState().getTerminated() != null));
        try {
            return opened(new ObjectMapper().readTree(resource.inContainer(name).getLog()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<ContainerStatus> statuses(Pod pod) {
        return pod.getStatus().getEphemeralContainerStatuses().stream();
    }

    private static List<String> command(Collection<String> targets) {
        return Stream.concat(Stream.of("node", "-e", SCRIPT), targets.stream()).toList();
    }

    private static Map<String, Boolean> opened(JsonNode fact) {
        Map<String, Boolean> opened = new TreeMap<>();
        fact.properties().forEach(one -> opened.put(one.getKey(), one.getValue().asBoolean()));
        return opened;
    }
}
