package dev.stockade.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.policy.MeshPod;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntryBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KeptTest {
    private static final String POD = """
            apiVersion: v1
            kind: Pod
            metadata:
              namespace: tools
              name: github-0
              uid: pod-uid
              resourceVersion: "7"
              creationTimestamp: "2026-01-01T00:00:00Z"
              deletionTimestamp: "2026-01-02T00:00:00Z"
              labels: {app: github, team: tools}
              annotations: {some: words, kubectl.kubernetes.io/last-applied-configuration: "{}"}
              ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: github, uid: owner-uid}]
              managedFields: [{manager: kubelet, operation: Update, apiVersion: v1}]
            spec:
              serviceAccountName: github
              nodeName: one
              volumes: [{name: data, emptyDir: {}}]
              initContainers:
                - name: stockade-sidecar
                  image: sidecar
                  restartPolicy: Always
                  ports: [{containerPort: 15008}]
                  env:
                    - {name: STOCKADE_POD_LABELS, value: '{"app":"github"}'}
                    - {name: STOCKADE_CAPTURE, value: '{"tools/github-mcp:80":"127.0.0.2"}'}
                    - {name: STOCKADE_ROOTS, value: "a long one"}
                - name: prepare
                  image: busybox
              containers:
                - name: server
                  image: server
                  ports: [{name: mcp, containerPort: 3000}, {containerPort: 53, protocol: UDP}]
                  env: [{name: STOCKADE_POD_LABELS, value: "the server's own"}]
                  readinessProbe: {httpGet: {port: 3000}}
            status:
              phase: Running
              hostIP: 192.0.2.1
              podIPs: [{ip: 192.0.2.9}]
              conditions: [{type: PodScheduled, status: "True"}, {type: Ready, status: "True"}]
              initContainerStatuses:
                - {name: stockade-sidecar, image: sidecar, state: {running: {startedAt: "2026-01-01T00:00:01Z"}}}
              containerStatuses:
                - {name: server, image: server, state: {waiting: {reason: CrashLoopBackOff}}}
            """;

    private static Pod pod() {
        return Serialization.unmarshal(POD, Pod.class);
    }

    @Test
    void ofAPodWhatIsReadIsTheSameAfterwards() {
        Pod trimmed = pod();

        Kept.trim(trimmed);

        assertThat(MeshPod.of(trimmed)).isEqualTo(MeshPod.of(pod()));
        assertThat(MeshPod.of(trimmed).capture()).isNotEmpty();
        assertThat(trimmed.getMetadata().getLabels())
                .isEqualTo(pod().getMetadata().getLabels());
        assertThat(trimmed.getMetadata().getResourceVersion()).isEqualTo("7");
        assertThat(trimmed.getStatus().getInitContainerStatuses().getFirst().getState())
                .isEqualTo(
                        pod().getStatus().getInitContainerStatuses().getFirst().getState());
        assertThat(trimmed.getStatus().getContainerStatuses().getFirst().getState())
                .isEqualTo(pod().getStatus().getContainerStatuses().getFirst().getState());
    }

    @Test
    void ofAPodNothingElseIsKept() {
        Pod trimmed = pod();

        Kept.trim(trimmed);

        assertThat(Serialization.asYaml(trimmed))
                .doesNotContain(
                        "some", "owner-uid", "kubelet", "volumes", "busybox", "STOCKADE_ROOTS", "own", "httpGet")
                .doesNotContain("PodScheduled", "hostIP", "nodeName");
    }

    /** A pod that the API server has only just stored. */
    @Test
    void aPodWithoutAStatusStaysOne() {
        Pod trimmed = pod();
        trimmed.setStatus(null);

        Kept.trim(trimmed);

        assertThat(trimmed.getStatus()).isNull();
        assertThat(MeshPod.of(trimmed).ready()).isFalse();
    }

    /** A request to rotate the authority is an annotation. */
    @Test
    void ofAResourceOfOursOnlyTheNotesOfOthersGo() {
        McpAccessPolicy policy = new McpAccessPolicy();
        policy.getMetadata().setName("reads");
        policy.getMetadata()
                .setAnnotations(new HashMap<>(
                        Map.of("ours", "kept", "kubectl.kubernetes.io/last-applied-configuration", "{}")));
        policy.getMetadata()
                .setManagedFields(List.of(
                        new ManagedFieldsEntryBuilder().withManager("kubectl").build()));

        Kept.trim(policy);

        assertThat(policy.getMetadata().getAnnotations()).isEqualTo(Map.of("ours", "kept"));
        assertThat(policy.getMetadata().getManagedFields()).isEmpty();
        assertThat(policy.getMetadata().getName()).isEqualTo("reads");
    }
}
