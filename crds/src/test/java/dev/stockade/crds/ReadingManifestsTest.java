package dev.stockade.crds;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.access.Mode;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.agent.AgentIdentitySpec;
import dev.stockade.crds.agent.Capture;
import dev.stockade.crds.agent.ServersOf;
import dev.stockade.crds.common.Restart;
import dev.stockade.crds.server.Enforcement;
import dev.stockade.crds.server.Isolation;
import dev.stockade.crds.server.Limits;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Manifests become records with every default in place, and go back to what they were. */
class ReadingManifestsTest {
    private final KubernetesSerialization yaml = new KubernetesSerialization();

    @Test
    void aMinimalServerHasEveryDefault() {
        var server = read("good/minimal.yaml", 0, SecureMcpServer.class);

        var spec = server.getSpec();
        assertThat(spec.serviceAccountName()).isEqualTo("default");
        assertThat(spec.path()).isEqualTo("/mcp");
        assertThat(spec.hostHeader()).isEqualTo("localhost:8080");
        assertThat(spec.openPorts()).isEmpty();
        assertThat(spec.enforcement()).isEqualTo(Enforcement.ENFORCE);
        assertThat(spec.isolation()).isEqualTo(Isolation.MANAGED);
        assertThat(spec.restart()).isEqualTo(Restart.MANUAL);
        assertThat(spec.limits()).isEqualTo(Limits.DEFAULT);
        assertThat(spec.limits().requestSize()).isEqualTo(4L << 20);
        assertThat(spec.limits().stale()).isEqualTo(Duration.ofHours(1));
        assertThat(server.getStatus().observedGeneration()).isEqualTo(-1);
    }

    @Test
    void aMinimalAgentHasEveryDefault() {
        var spec = read("good/minimal.yaml", 1, AgentIdentity.class).getSpec();

        assertThat(spec.selector()).isNull();
        assertThat(spec.servers()).isNull();
        assertThat(spec.capture()).isEqualTo(Capture.NAMES);
        assertThat(spec.certificate().duration()).isEqualTo(Duration.ofHours(1));
        assertThat(spec.suspended()).isFalse();
    }

    @Test
    void anAgentThatTakesANamespaceTakesAllOfIt() {
        var spec = yaml.unmarshal("""
                serviceAccountName: triage
                servers: [{namespace: tools}]
                """, AgentIdentitySpec.class);

        assertThat(spec.servers()).containsExactly(new ServersOf("tools", "*"));
    }

    @Test
    void everyFieldOfThePolicyIsRead() {
        var policy = read("good/api.yaml", 2, McpAccessPolicy.class);

        assertThat(policy.getSpec().mode()).isEqualTo(Mode.ENFORCE);
        assertThat(policy.getSpec().allow()).hasSize(4);
        assertThat(policy.getSpec().allow().get(3).clientFeatures())
                .containsExactly("sampling", "elicitation", "roots");
        assertThat(policy.getSpec().deny().getFirst().tools()).containsExactly("delete_*");
    }

    @Test
    void whatWasWrittenIsReadBackTheSame() {
        for (int i = 0; i < 4; i++) {
            for (String file : new String[] {"good/api.yaml", "good/minimal.yaml"}) {
                Class<?> kind = new Class<?>[] {
                            SecureMcpServer.class, AgentIdentity.class, McpAccessPolicy.class, MeshTrust.class
                        }
                        [i];
                Object first = read(file, i, kind);
                Object second = yaml.unmarshal(yaml.asYaml(first), kind);
                assertThat(second).isEqualTo(first);
            }
        }
    }

    private <T> T read(String file, int index, Class<T> kind) {
        try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream("/manifests/" + file))) {
            String[] documents = new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n---\n", -1);
            return yaml.unmarshal(documents[index], kind);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
