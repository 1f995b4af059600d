package dev.stockade.operator.snapshot;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.TextFormat;
import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.MeshView;
import dev.stockade.wire.control.v1.Source;
import dev.stockade.wire.control.v1.TrustBundle;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Golden snapshots: {@code snapshot/<case>/in.yaml} is a cluster, {@code <pod>.txt} what that pod's sidecar is told. */
class CompiledMeshTest {
    private static final KubernetesSerialization YAML = new KubernetesSerialization();

    private static final TrustBundle TRUST = TrustBundle.newBuilder()
            .setTrustDomain("test.local")
            .addIssuers(ByteString.copyFromUtf8("digest of the issuer"))
            .setEpoch(7)
            .build();

    private static final Map<String, Class<? extends HasMetadata>> KINDS = Map.of(
            "Pod", Pod.class,
            "Service", Service.class,
            "MeshTrust", MeshTrust.class,
            "SecureMcpServer", SecureMcpServer.class,
            "AgentIdentity", AgentIdentity.class,
            "McpAccessPolicy", McpAccessPolicy.class);

    private static List<HasMetadata> cluster(String folder) throws Exception {
        List<HasMetadata> resources = new ArrayList<>();
        for (String document : resource(folder + "/in.yaml").split("(?m)^---$", -1)) {
            String kind = Pattern.compile("(?m)^kind: (\\w+)$")
                    .matcher(document)
                    .results()
                    .findFirst()
                    .orElseThrow()
                    .group(1);
            resources.add(YAML.unmarshal(document, requireNonNull(KINDS.get(kind))));
        }
        return resources;
    }

    private static String resource(String name) throws Exception {
        try (InputStream in = CompiledMeshTest.class.getResourceAsStream("/snapshot/" + name)) {
            return new String(requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static <T> List<T> of(Class<T> type, List<HasMetadata> resources) {
        return resources.stream().filter(type::isInstance).map(type::cast).toList();
    }

    private static CompiledMesh compile(List<HasMetadata> resources) {
        return compile(resources, TRUST);
    }

    private static CompiledMesh compile(List<HasMetadata> resources, TrustBundle trust) {
        return new CompiledMesh(
                new MeshView(
                        "test.local",
                        "cluster.local",
                        Set.of("agents", "tools"),
                        of(SecureMcpServer.class, resources),
                        of(AgentIdentity.class, resources),
                        of(McpAccessPolicy.class, resources),
                        of(MeshTrust.class, resources).stream().findFirst(),
                        of(Pod.class, resources).stream().map(MeshPod::of).toList(),
                        of(Service.class, resources),
                        Set.of()),
                trust,
                server -> new ServerKeys(key("key of " + server), key("state of " + server)),
                new Generations());
    }

    private static SecretKey key(String text) {
        return new SecretKeySpec(text.getBytes(StandardCharsets.UTF_8), "HmacSHA256");
    }

    private static PodSnapshot snapshot(CompiledMesh mesh, String pod) {
        return mesh.snapshot(mesh.view().pods().stream()
                .filter(p -> p.name().equals(pod))
                .findFirst()
                .orElseThrow());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "quickstart/github-1",
                "quickstart/triage-1",
                "quickstart/stranger",
                "observe/github-1",
                "suspended/github-1",
                "suspended/triage-1"
            })
    void aPodIsToldExactlyThis(String golden) throws Exception {
        String folder = golden.substring(0, golden.indexOf('/'));
        String pod = golden.substring(golden.indexOf('/') + 1);
        String told = TextFormat.printer()
                .printToString(snapshot(compile(cluster(folder)), pod).content());
        String update = System.getProperty("golden.update");
        if (update != null) {
            Files.writeString(Path.of(update, golden + ".txt"), told);
        }
        assertThat(told).isEqualTo(resource(golden + ".txt"));
    }

    @Test
    void theOrderInWhichResourcesArriveDoesNotMatter() throws Exception {
        List<HasMetadata> resources = cluster("quickstart");
        PodSnapshot expected = snapshot(compile(resources), "github-1");
        Random random = new Random(7);
        for (int i = 0; i < 50; i++) {
            List<HasMetadata> shuffled = new ArrayList<>(resources);
            Collections.shuffle(shuffled, random);
            assertThat(snapshot(compile(shuffled), "github-1")).isEqualTo(expected);
        }
    }

    private static PodSnapshot changed(String pod, Class<? extends HasMetadata> kind, UnaryOperator<HasMetadata> change)
            throws Exception {
        List<HasMetadata> resources = new ArrayList<>(cluster("quickstart"));
        resources.replaceAll(resource -> kind.isInstance(resource) ? change.apply(resource) : resource);
        return snapshot(compile(resources), pod);
    }

    @Test
    void aStepOfARotationIsNewToTellAndToAcknowledge() throws Exception {
        List<HasMetadata> resources = cluster("quickstart");
        PodSnapshot before = snapshot(compile(resources), "triage-1");
        PodSnapshot epoch =
                snapshot(compile(resources, TRUST.toBuilder().setEpoch(8).build()), "triage-1");
        PodSnapshot issuers = snapshot(
                compile(
                        resources,
                        TRUST.toBuilder()
                                .addIssuers(ByteString.copyFromUtf8("another"))
                                .build()),
                "triage-1");
        assertThat(List.of(before.version(), epoch.version(), issuers.version()))
                .doesNotHaveDuplicates();
        assertThat(epoch.content().getSourcesList())
                .contains(Source.newBuilder()
                        .setKind("trust")
                        .setUid("trust")
                        .setGeneration(8)
                        .build());
    }

    private static Pod unready(HasMetadata pod) {
        Pod edited = (Pod) pod;
        edited.getStatus().getConditions().forEach(condition -> condition.setStatus("False"));
        return edited;
    }

    @Test
    void podsThatComeAndGoAreNewToTellButNotToAcknowledge() throws Exception {
        PodSnapshot before = snapshot(compile(cluster("quickstart")), "triage-1");
        PodSnapshot after = changed("triage-1", Pod.class, CompiledMeshTest::unready);
        assertThat(after).isNotEqualTo(before);
        assertThat(after.version()).isEqualTo(before.version());
    }

    @Test
    void aNewGenerationOfAPolicyIsToBeAcknowledgedByBothSides() throws Exception {
        for (String pod : List.of("github-1", "triage-1")) {
            PodSnapshot before = snapshot(compile(cluster("quickstart")), pod);
            PodSnapshot after = changed(pod, McpAccessPolicy.class, policy -> {
                policy.getMetadata().setGeneration(policy.getMetadata().getGeneration() + 1);
                return policy;
            });
            assertThat(after.version()).isNotEqualTo(before.version());
        }
    }

    @Test
    void theStatusOfAResourceIsNothingNew() throws Exception {
        Generations generations = new Generations();
        assertThat(generations.of("v", 10)).isEqualTo(10);
        assertThat(generations.of("v", 11)).isEqualTo(10);
        PodSnapshot before = snapshot(compile(cluster("quickstart")), "github-1");
        PodSnapshot after = changed("github-1", McpAccessPolicy.class, policy -> {
            policy.getMetadata().setResourceVersion("9999");
            return policy;
        });
        assertThat(after.version()).isEqualTo(before.version());
    }

    @Test
    void aTerminatingPodIsToldToDrainAndNothingElse() throws Exception {
        PodSnapshot before = snapshot(compile(cluster("quickstart")), "github-1");
        PodSnapshot after = changed("github-1", Pod.class, pod -> {
            pod.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
            return pod;
        });
        assertThat(after.content().getDraining()).isTrue();
        assertThat(after.version()).isEqualTo(before.version());
    }

    @Test
    void aThousandReplicasShareOneSnapshot() throws Exception {
        List<HasMetadata> resources = new ArrayList<>(cluster("quickstart"));
        MeshPod model = MeshPod.of(of(Pod.class, resources).getFirst());
        CompiledMesh one = compile(resources);
        List<MeshPod> pods = new ArrayList<>(one.view().pods());
        for (int i = 0; i < 1000; i++) {
            pods.add(new MeshPod(
                    model.namespace(),
                    "replica-" + i,
                    "replica-" + i,
                    List.of("10.1." + i / 250 + "." + i % 250),
                    model.serviceAccount(),
                    model.labels(),
                    true,
                    true,
                    false,
                    false,
                    model.ports(),
                    model.capture()));
        }
        MeshView view = one.view();
        CompiledMesh many = new CompiledMesh(
                new MeshView(
                        view.trustDomain(),
                        view.clusterDomain(),
                        view.namespaces(),
                        view.servers(),
                        view.agents(),
                        view.policies(),
                        view.trust(),
                        pods,
                        view.services(),
                        Set.of()),
                TrustBundle.getDefaultInstance(),
                server -> new ServerKeys(key("one"), key("two")),
                new Generations());
        PodSnapshot first = snapshot(many, "replica-0");
        assertThat(pods.stream()
                        .filter(pod -> pod.name().startsWith("replica-"))
                        .map(pod -> many.snapshot(pod).content()))
                .allSatisfy(content -> assertThat(content).isSameAs(first.content()));
        assertThat(Optional.of(first).filter(PodSnapshot::holdsAny)).isPresent();
    }
}
