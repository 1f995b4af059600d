package dev.stockade.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import dev.stockade.cli.doctor.Finding.Level;
import dev.stockade.cli.status.Screen;
import dev.stockade.crds.Definitions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One installation that is sound, and one with each fault. With {@code -Dstockade.golden=write} the expected screens are written
 * from what was seen.
 */
class DiagnosisTest {
    private static final Path SOUND = Path.of("src", "test", "resources", "doctor", "sound");
    private static final Path PAGE = Path.of("..", "docs", "cli.md");
    private static final String VERSION = "v1.36.3";
    private static final Duration SKEW = Duration.ofSeconds(1);

    private static String yaml() throws IOException {
        return Files.readString(SOUND.resolve("in.yaml"));
    }

    private static Installation sound() throws IOException {
        return Installations.of(yaml(), VERSION, SKEW, Definitions.yaml(), new Trial.Injected());
    }

    /** What the API server believes of the webhooks, in the fixture. */
    private static String bundle() throws IOException {
        return yaml().lines()
                .filter(line -> line.contains("caBundle: L"))
                .map(line -> line.substring(line.indexOf("L"), line.length() - 1))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> withoutDocument(String beginsWith) throws IOException {
        List<String> kept = Stream.of(yaml().split("(?m)^---$", -1))
                .filter(text -> !text.strip().startsWith(beginsWith))
                .toList();
        assertThat(kept).isNotEmpty();
        return kept;
    }

    /**
     * @param check the only one that is not in order
     * @param says part of its sentence: what was seen
     * @param advice another part: what to do
     */
    record Fault(String check, Level level, String says, String advice, Installation installation) {
        @Override
        public String toString() {
            return check + ": " + says;
        }
    }

    /** Of the sound installation, with something of its resources replaced. */
    private static Fault replaced(String check, Level level, String from, String to, String says, String advice)
            throws IOException {
        assertThat(yaml()).contains(from);
        return new Fault(
                check,
                level,
                says,
                advice,
                Installations.of(yaml().replace(from, to), VERSION, SKEW, Definitions.yaml(), new Trial.Injected()));
    }

    private static Fault without(String check, Level level, String document, String says, String advice)
            throws IOException {
        String rest = String.join("---", withoutDocument(document));
        assertThat(rest).hasSizeLessThan(yaml().length());
        return new Fault(
                check,
                level,
                says,
                advice,
                Installations.of(rest, VERSION, SKEW, Definitions.yaml(), new Trial.Injected()));
    }

    private static Fault other(
            String check,
            Level level,
            String version,
            Duration skew,
            List<String> definitions,
            Trial trial,
            String says,
            String advice)
            throws IOException {
        return new Fault(check, level, says, advice, Installations.of(yaml(), version, skew, definitions, trial));
    }

    /** Of a cluster with these definitions of ours. */
    private static Fault defined(Level level, List<String> definitions, String says, String advice) throws IOException {
        return other("definitions", level, VERSION, SKEW, definitions, new Trial.Injected(), says, advice);
    }

    /** Of a cluster that answers so to a pod that is created in a dry run. */
    private static Fault answered(Trial trial, String says, String advice) throws IOException {
        return other("webhooks-answer", Level.FAIL, VERSION, SKEW, Definitions.yaml(), trial, says, advice);
    }

    private static List<String> definitions(String from, String to) {
        List<String> changed =
                Definitions.yaml().stream().map(text -> text.replace(from, to)).toList();
        assertThat(changed).isNotEqualTo(Definitions.yaml());
        return changed;
    }

    static List<Fault> faults() throws IOException {
        Level fail = Level.FAIL;
        Level warn = Level.WARN;
        List<String> sound = Definitions.yaml();
        Trial injected = new Trial.Injected();
        List<Fault> all = new ArrayList<>(List.of(
                // the cluster's versions and our definitions
                other("kubernetes-version", fail, "v1.29.9", SKEW, sound, injected, "Kubernetes v1.29.9", "Upgrade"),
                replaced("native-sidecars", fail, "v1.29.0", "v1.28.15", "kubelets of node2", "Upgrade the nodes"),
                defined(fail, sound.subList(1, 4), "Missing: meshtrusts", "crds folder"),
                defined(
                        fail,
                        definitions("restart:", "formerly:"),
                        "securemcpservers.stockade.dev at v1alpha1.spec.restart",
                        "Restart the operator"),
                defined(
                        warn,
                        definitions(
                                "              trustDomain:",
                                "              later: {type: string}\n              trustDomain:"),
                        "Newer than this program: meshtrusts.stockade.dev has v1alpha1.spec.later",
                        "Use the kubectl-stockade of the release"),
                // the operator
                without(
                        "operator",
                        fail,
                        "apiVersion: apps/v1",
                        "no Deployment stockade-operator",
                        "Install the chart"),
                replaced(
                        "operator",
                        fail,
                        "readyReplicas: 2",
                        "readyReplicas: 0",
                        "No replica is ready (2 wanted)",
                        "describe pods"),
                replaced("operator", fail, "readyReplicas: 2", "readyReplicas: 1", "1 of 2 replicas", "describe pods"),
                replaced(
                        "operator",
                        fail,
                        "replicas: 2\n",
                        "replicas: 0\n",
                        "No replica is ready (0 wanted)",
                        "describe pods"),
                replaced("operator", warn, "replicas: 2\n", "replicas: 1\n", "One replica", "operator.replicas"),
                replaced(
                        "operator-version",
                        warn,
                        "nodeName: node2, containers: [{name: operator, image: \"example.com/stockade-operator:1\"",
                        "nodeName: node2, containers: [{name: operator, image: \"example.com/stockade-operator:2\"",
                        "example.com/stockade-operator:1, example.com/stockade-operator:2",
                        "kubectl -n stockade-system rollout status"),
                replaced(
                        "operator-start",
                        fail,
                        "{running: {}}",
                        "{waiting: {reason: ImagePullBackOff}}",
                        "operator-a cannot start: ImagePullBackOff of example.com/stockade-operator:1",
                        "image.registry"),
                replaced(
                        "operator-nodes",
                        warn,
                        "nodeName: node2",
                        "nodeName: node1",
                        "run on node node1",
                        "Delete one"),
                without("operator-leader", fail, "apiVersion: coordination", "Nobody holds", "operator's log"),
                replaced("operator-leader", fail, "11:59:55", "11:59:44", "not renewed within 15 s", "operator's log"),
                replaced("operator-leader", fail, "operator-a/10.0.0.1", "''", "Nobody holds", "operator's log"),
                without("operator-budget", warn, "apiVersion: policy/v1", "no PodDisruptionBudget", "helm upgrade"),
                // the webhooks
                without(
                        "webhooks-there",
                        fail,
                        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration",
                        "Missing: ValidatingWebhookConfiguration stockade-validator",
                        "helm upgrade"),
                without(
                        "webhooks-there",
                        fail,
                        "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: stockade-injector}",
                        "Missing: MutatingWebhookConfiguration stockade-injector",
                        "helm upgrade"),
                replaced("webhooks-trust", fail, bundle(), "''", "inject.stockade.dev has no caBundle", "see its log"),
                replaced(
                        "webhooks-trust",
                        fail,
                        bundle(),
                        "bm9uc2Vuc2U=",
                        "inject.stockade.dev has no caBundle",
                        "see its log"),
                replaced("webhooks-trust", fail, "fc9760ea", "00000000", "none of MeshTrust default's roots", "GitOps"),
                replaced(
                        "other-webhooks",
                        warn,
                        "resources: [services]",
                        "resources: ['*']",
                        "somebody may change pods",
                        "docs/troubleshooting.md"),
                answered(
                        new Trial.Refused("failed calling webhook \"inject.stockade.dev\": connection refused."),
                        "connection refused.",
                        "port 9443"),
                answered(new Trial.Refused("exceeded quota: pods."), "exceeded quota: pods.", "until that is mended"),
                answered(new Trial.Bare(), "got no sidecar", "helm upgrade"),
                // the authority
                without(
                        "trust",
                        fail,
                        "apiVersion: stockade.dev/v1alpha1\nkind: MeshTrust",
                        "no MeshTrust default",
                        "helm upgrade"),
                replaced(
                        "trust",
                        fail,
                        "{type: Ready, status: \"True\", observedGeneration: 1, lastTransitionTime: \"2026-01-01T00:00:00Z\", reason: Usable, message: \"m\"}",
                        "{type: Ready, status: \"False\", observedGeneration: 1, lastTransitionTime: \"2026-01-01T00:00:00Z\", reason: CaUnusable, message: \"Restore it.\"}",
                        "not ready: CaUnusable",
                        "Restore it."),
                replaced("trust", fail, "2036-01-01", "2027-06-01", "A root ends at 2027-06-01", "docs/ca.md"),
                replaced("trust", fail, "2026-07-21", "2026-07-04", "The issuer ends at 2026-07-04", "operator's log"),
                replaced(
                        "trust",
                        fail,
                        "2026-07-21T00:00:00Z",
                        "once upon a time....",
                        "The issuer ends at once",
                        "operator's log"),
                without(
                        "ca-secret",
                        fail,
                        "apiVersion: v1\nkind: Secret",
                        "Secret is gone",
                        "Restore it from a backup"),
                // clocks
                other("clock", warn, VERSION, Duration.ofSeconds(-40), sound, injected, "differ by 40 s", "NTP"),
                other("clock", fail, VERSION, Duration.ofMinutes(6), sound, injected, "differ by 360 s", "NTP"),
                // namespaces and servers
                replaced(
                        "namespaces",
                        warn,
                        "{name: kube-system}",
                        "{name: kube-system, labels: {stockade.dev/mesh: enabled}}",
                        "kube-system is labelled",
                        "Take the label away"),
                replaced(
                        "namespaces",
                        fail,
                        "name: tools, labels: {stockade.dev/mesh",
                        "name: tools, labels: {other.dev/mesh",
                        "in tools",
                        "kubectl label namespace tools stockade.dev/mesh=enabled"),
                replaced(
                        "mesh-only",
                        fail,
                        "{type: MeshOnly, status: \"True\"",
                        "{type: MeshOnly, status: \"False\"",
                        "tools/github can be reached around",
                        "docs/mesh-only.md"),
                replaced(
                        "mesh-only",
                        warn,
                        "{type: MeshOnly, status: \"True\"",
                        "{type: MeshOnly, status: \"Unknown\"",
                        "tools/github is not proven",
                        "kubectl stockade status"),
                // sidecars and their network
                replaced(
                        "sidecar-version",
                        warn,
                        "{name: stockade-sidecar, image: \"example.com/stockade-sidecar:1\", env: [{name: STOCKADE_POD_LABELS, value: '{\"app\":\"github\"}'",
                        "{name: stockade-sidecar, image: \"example.com/stockade-sidecar:0\", env: [{name: STOCKADE_POD_LABELS, value: '{\"app\":\"github\"}'",
                        "1 pods have another sidecar than example.com/stockade-sidecar:1: tools/github-1",
                        "restart what made them"),
                replaced(
                        "egress",
                        fail,
                        "port: 53}",
                        "port: 54}",
                        "pods of agents do not reach DNS (UDP 53)",
                        "Allow that egress"),
                replaced(
                        "egress",
                        fail,
                        "{port: 15010}",
                        "{port: 15011}",
                        "pods of agents do not reach the operator (TCP 15010)",
                        "Allow that egress"),
                replaced(
                        "egress",
                        fail,
                        "{port: 15008}",
                        "{port: 15009}",
                        "pods of agents do not reach servers (TCP 15008)",
                        "Allow that egress")));
        return all;
    }

    @Test
    void aSoundInstallationHasNothingWrong() throws IOException {
        Diagnosis diagnosis = Diagnosis.of(sound());

        assertThat(diagnosis.findings()).extracting(Finding::level).containsOnly(Level.OK);
        assertThat(diagnosis.lines().getFirst()).isEqualTo("Nothing is wrong.");
        assertThat(diagnosis.json().path("wrong").asBoolean(true)).isFalse();
    }

    @ParameterizedTest
    @MethodSource("faults")
    void eachFaultIsFoundByItsCheckWhichSaysWhatToDo(Fault fault) {
        Diagnosis diagnosis = Diagnosis.of(fault.installation());

        assertThat(diagnosis.findings())
                .filteredOn(f -> f.level() != Level.OK)
                .as("what is not in order")
                .anySatisfy(f -> {
                    assertThat(f.check()).isEqualTo(fault.check());
                    assertThat(f.level()).isEqualTo(fault.level());
                    assertThat(f.sentence()).contains(fault.says()).contains(fault.advice());
                });
        assertThat(diagnosis.has(Level.FAIL)).isEqualTo(fault.level() == Level.FAIL);
    }

    /** Or a check could be there that nobody has seen fail. */
    @Test
    void everyCheckHasAFaultThatItFinds() throws IOException {
        Set<String> found = faults().stream().map(Fault::check).collect(Collectors.toCollection(TreeSet::new));

        assertThat(Diagnosis.of(sound()).findings())
                .extracting(Finding::check)
                .doesNotHaveDuplicates()
                .containsExactlyInAnyOrderElementsOf(found);
    }

    @Test
    void whatMayNotBeReadIsUnknownAndNeverInOrder() {
        Diagnosis diagnosis = Diagnosis.of(Installations.unread());

        assertThat(diagnosis.findings()).extracting(Finding::level).containsOnly(Level.UNKNOWN);
        assertThat(diagnosis.findings())
                .allSatisfy(f -> assertThat(f.sentence()).isNotBlank());
        assertThat(diagnosis.lines().getFirst()).isEqualTo("Nothing is wrong in what could be checked.");
    }

    @Test
    void anInstallationThatNobodyUsesYetIsInOrderButForTheLabel() throws IOException {
        String unused = String.join(
                "---",
                Stream.of(yaml().split("(?m)^---$", -1))
                        .filter(text -> !text.contains("namespace: tools") && !text.contains("namespace: agents"))
                        .map(text -> text.replace(", labels: {stockade.dev/mesh: enabled}", ""))
                        .toList());

        Diagnosis diagnosis =
                Diagnosis.of(Installations.of(unused, VERSION, SKEW, Definitions.yaml(), new Trial.Nowhere()));

        assertThat(diagnosis.findings())
                .filteredOn(f -> f.level() != Level.OK)
                .extracting(Finding::check, Finding::level)
                .containsExactly(tuple("namespaces", Level.WARN));
    }

    @Test
    void thePageListsEveryCheckAndShowsTheScreenThatIsPrinted() throws IOException {
        String screen = String.join("\n", Diagnosis.of(sound()).lines()) + "\n";
        Path expected = SOUND.resolve("out.txt");
        if ("write".equals(System.getProperty("stockade.golden"))) {
            Files.writeString(expected, screen);
        }

        assertThat(screen).isEqualTo(Files.readString(expected));
        assertThat(screen.lines()).allMatch(line -> line.length() <= Screen.WIDTH);
        String page = Files.readString(PAGE);
        assertThat(page).contains("```text\n$ kubectl stockade doctor\n" + screen + "```\n");
        Set<String> rows = page.lines()
                .filter(line -> line.startsWith("| `"))
                .map(line -> line.substring(3, line.indexOf('`', 3)))
                .collect(Collectors.toCollection(HashSet::new));
        assertThat(rows)
                .containsAll(Diagnosis.of(sound()).findings().stream()
                        .map(Finding::check)
                        .toList());
    }
}
