package dev.stockade.operator.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

/** What holds of every pod, tried with thousands: the seed of one that fails is in the message. */
class InjectionFuzzTest {
    private static final int SEEDS = 4_000;
    private static final Set<String> ACTIONS = Set.of("httpGet", "tcpSocket", "grpc");

    private static void forEachSeed(IntConsumer check) {
        for (int seed = 0; seed < SEEDS; seed++) {
            try {
                check.accept(seed);
            } catch (RuntimeException | AssertionError e) {
                fail("seed " + seed + ": " + Fixtures.YAML.asYaml(PodCorpus.podOfTomorrow(seed)), e);
            }
        }
    }

    private static ObjectNode json(Pod pod) {
        return Fixtures.YAML.convertValue(pod, ObjectNode.class);
    }

    @Test
    void everyPodIsInjectedOrRefusedWithOneSentence() {
        int[] injected = new int[1];
        Set<String> refusals = new TreeSet<>();

        forEachSeed(seed -> {
            switch (PodMutator.inject(PodCorpus.podOfTomorrow(seed), PodCorpus.plan(seed))) {
                case PodMutator.Outcome.Injected(Pod pod) -> {
                    injected[0]++;
                    assertThat(pod.getSpec().getInitContainers().getFirst().getName())
                            .isEqualTo("stockade-sidecar");
                    assertThat(Fixtures.objection(pod)).isEmpty();
                }
                case PodMutator.Outcome.Refused(String sentence) -> {
                    assertThat(sentence).endsWith(".").doesNotContain("\n", "null");
                    refusals.add(sentence);
                }
            }
        });

        assertThat(injected[0]).isGreaterThan(SEEDS / 3);
        assertThat(refusals).hasSizeGreaterThan(10);
    }

    @Test
    void whatThePodDeclaredIsStillThere() {
        forEachSeed(seed -> {
            Pod pod = PodCorpus.podOfTomorrow(seed);
            if (PodMutator.inject(pod, PodCorpus.plan(seed)) instanceof PodMutator.Outcome.Injected(Pod injected)) {
                assertThat(declared(json(injected), json(pod))).isEqualTo(json(pod));
            }
        });
    }

    /** The injected pod without what is documented to be added, and with the probes that are documented to be changed. */
    private static ObjectNode declared(ObjectNode injected, ObjectNode before) {
        ObjectNode spec = (ObjectNode) injected.path("spec");
        ObjectNode was = (ObjectNode) before.path("spec");
        JsonNode sidecar = ((ArrayNode) spec.path("initContainers")).remove(0);
        assertThat(sidecar.path("name").asText()).isEqualTo("stockade-sidecar");
        assertThat(((ObjectNode) injected.path("metadata").path("labels"))
                        .remove("stockade.dev/sidecar")
                        .asText())
                .isEqualTo("injected");
        shorten(spec, "initContainers", was);
        shorten(spec, "volumes", was);
        shorten(spec, "hostAliases", was);
        sysctl(spec, was);
        probes(spec, was, "containers");
        probes(spec, was, "initContainers");
        if (injected.path("metadata").path("labels").isEmpty()
                && !before.path("metadata").has("labels")) {
            ((ObjectNode) injected.path("metadata")).remove("labels");
        }
        return injected;
    }

    /** What is ours stands behind what was there, and is taken off. */
    private static void shorten(ObjectNode spec, String list, ObjectNode was) {
        int length = was.path(list).size();
        if (spec.path(list) instanceof ArrayNode array) {
            for (int i = array.size(); i > length; i--) {
                JsonNode ours = array.remove(i - 1);
                assertThat(list.equals("volumes") ? ours.path("name").asText() : "127.77." + ours.path("ip"))
                        .matches("stockade-(token|trust)|127\\.77\\..*");
            }
            if (array.isEmpty() && !was.has(list)) {
                spec.remove(list);
            }
        }
    }

    private static void sysctl(ObjectNode spec, ObjectNode was) {
        JsonNode sysctls = spec.path("securityContext").path("sysctls");
        if (sysctls.size() == was.path("securityContext").path("sysctls").size() + 1) {
            JsonNode ours = ((ArrayNode) sysctls).remove(sysctls.size() - 1);
            assertThat(ours.path("name").asText()).isEqualTo("net.ipv4.ip_unprivileged_port_start");
            ObjectNode context = (ObjectNode) spec.path("securityContext");
            if (sysctls.isEmpty() && !was.path("securityContext").has("sysctls")) {
                context.remove("sysctls");
            }
            if (context.isEmpty() && !was.has("securityContext")) {
                spec.remove("securityContext");
            }
        }
    }

    /** A probe of ours asks the sidecar, and differs in nothing but what it asks. */
    private static void probes(ObjectNode spec, ObjectNode was, String list) {
        for (int i = 0; i < was.path(list).size(); i++) {
            ObjectNode container = (ObjectNode) spec.path(list).get(i);
            for (String name : List.of("startup", "readiness", "liveness")) {
                JsonNode probe = container.path(name + "Probe");
                JsonNode original = was.path(list).get(i).path(name + "Probe");
                if (probe.path("httpGet")
                        .path("path")
                        .asText()
                        .equals("/app/" + container.path("name").asText() + "/" + name)) {
                    ObjectNode rest = (ObjectNode) probe;
                    assertThat(rest.path("httpGet").path("port").asInt()).isEqualTo(15020);
                    rest.remove(ACTIONS);
                    ACTIONS.stream().filter(original::has).forEach(action -> rest.set(action, original.path(action)));
                }
            }
        }
    }

    @Test
    void aSecondTimeChangesNothing() {
        forEachSeed(seed -> {
            if (PodMutator.inject(PodCorpus.podOfTomorrow(seed), PodCorpus.plan(seed))
                    instanceof PodMutator.Outcome.Injected(Pod once)) {
                assertThat(PodMutator.inject(once, PodCorpus.plan(seed)))
                        .isEqualTo(new PodMutator.Outcome.Injected(once));
            }
        });
    }

    @Test
    void afterAnotherWebhookTheSidecarIsFirstAgainAndWhatThatOneAddedStays() {
        forEachSeed(seed -> {
            if (PodMutator.inject(PodCorpus.pod(seed), PodCorpus.plan(seed))
                    instanceof PodMutator.Outcome.Injected(Pod once)) {
                Pod again = ((PodMutator.Outcome.Injected)
                                PodMutator.inject(afterAnotherWebhook(once), PodCorpus.plan(seed)))
                        .pod();

                assertThat(again.getSpec().getInitContainers())
                        .extracting(c -> c.getName())
                        .startsWith("stockade-sidecar", "other-init")
                        .doesNotHaveDuplicates();
                assertThat(again.getSpec().getContainers())
                        .extracting(c -> c.getName())
                        .contains("other");
                assertThat(again.getSpec().getVolumes())
                        .extracting(v -> v.getName())
                        .contains("other");
                assertThat(again.getSpec().getContainers().getFirst().getEnv())
                        .extracting(e -> e.getName())
                        .contains("OTHER");
                assertThat(Fixtures.objection(again)).isEmpty();
                assertThat(PodMutator.inject(again, PodCorpus.plan(seed)))
                        .isEqualTo(new PodMutator.Outcome.Injected(again));
            }
        });
    }

    /** A container before ours, one behind, a volume, a variable in the app. */
    private static Pod afterAnotherWebhook(Pod pod) {
        List<Container> inits = new ArrayList<>(pod.getSpec().getInitContainers());
        inits.addFirst(new ContainerBuilder()
                .withName("other-init")
                .withImage("example.test/other:1")
                .build());
        return new PodBuilder(pod)
                .editSpec()
                .withInitContainers(inits)
                .editFirstContainer()
                .addToEnv(new EnvVarBuilder().withName("OTHER").withValue("1").build())
                .endContainer()
                .addToContainers(new ContainerBuilder()
                        .withName("other")
                        .withImage("example.test/other:1")
                        .build())
                .addToVolumes(new VolumeBuilder()
                        .withName("other")
                        .withNewEmptyDir()
                        .endEmptyDir()
                        .build())
                .endSpec()
                .build();
    }
}
