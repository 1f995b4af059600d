package dev.stockade.operator.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One folder a case: {@code in.yaml} is created where {@code resources.yaml} has been applied, and {@code out.yaml} is what
 * is stored. Run with {@code -Dgolden.write} to write {@code out.yaml} anew, and read the difference.
 */
class InjectionGoldenTest {
    private static final Path CASES = Path.of("src/test/resources/admission/inject");

    static List<String> cases() throws IOException {
        try (Stream<Path> folders = Files.list(CASES)) {
            return folders.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void thePodIsInjectedAsWritten(String name) {
        Path folder = CASES.resolve(name);
        Pod pod = Fixtures.pod(read(folder.resolve("in.yaml")));
        String resources = read(folder.resolve("resources.yaml"));

        Pod result = inject(pod, resources);

        String actual = Fixtures.YAML.asYaml(result);
        Path golden = folder.resolve("out.yaml");
        if (System.getProperty("golden.write") != null) {
            write(golden, actual);
        }
        assertThat(actual).isEqualTo(read(golden));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aSecondTimeChangesNothing(String name) {
        Path folder = CASES.resolve(name);
        String resources = read(folder.resolve("resources.yaml"));
        Pod once = inject(Fixtures.pod(read(folder.resolve("in.yaml"))), resources);

        Pod twice = inject(once, resources);

        assertThat(Fixtures.YAML.asYaml(twice)).isEqualTo(Fixtures.YAML.asYaml(once));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theFinalPodIsAccepted(String name) {
        Path folder = CASES.resolve(name);
        String resources = read(folder.resolve("resources.yaml"));
        Pod pod = inject(Fixtures.pod(read(folder.resolve("in.yaml"))), resources);

        assertThat(InjectedPod.sidecar(pod).isPresent() ? Fixtures.objection(pod) : InjectedPod.impostor(pod))
                .isEmpty();
    }

    private static Pod inject(Pod pod, String resources) {
        return switch (InjectionDecision.decide("tools", pod, Fixtures.membership(pod, resources), Fixtures.TEMPLATE)) {
            case InjectionDecision.LeaveAlone ignored -> pod;
            case InjectionDecision.Inject(InjectionPlan plan) ->
                switch (PodMutator.inject(pod, plan)) {
                    case PodMutator.Outcome.Injected(Pod injected) -> injected;
                    case PodMutator.Outcome.Refused(String sentence) -> throw new AssertionError(sentence);
                };
        };
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
