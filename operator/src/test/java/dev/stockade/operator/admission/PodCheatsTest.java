package dev.stockade.operator.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every way to cheat that is known, as the webhook is asked about the final pod: what is refused, by which sentence, and what is let
 * through because it reaches nothing, with the reason.
 */
class PodCheatsTest {
    private static final ObjectNode GOOD = json(Fixtures.injected(Fixtures.pod("""
            apiVersion: v1
            kind: Pod
            metadata: {name: app, labels: {app: web, stockade.dev/inject: "true"}}
            spec:
              serviceAccountName: default
              containers:
                - name: app
                  image: "example.test/app:1"
                  ports: [{name: http, containerPort: 8080}]
                  readinessProbe: {httpGet: {path: /ready, port: http}}
              initContainers: [{name: prepare, image: "example.test/prepare:1"}]
              volumes: [{name: scratch, emptyDir: {}}]
            """)));

    private static final PodValidation VALIDATION = new PodValidation(
            (namespace, pod) -> Membership.none(), () -> Fixtures.TEMPLATE, _ -> false, Fixtures.YAML);

    private static ObjectNode json(Object value) {
        return Fixtures.YAML.convertValue(value, ObjectNode.class);
    }

    private static JsonNode yaml(String text) {
        // The dashes keep a flow mapping from being read as JSON.
        return Fixtures.YAML.unmarshal("---\n" + text, JsonNode.class);
    }

    /** RFC 7386. */
    private static JsonNode merge(JsonNode target, JsonNode patch) {
        if (!(patch instanceof ObjectNode changes)) {
            return patch;
        }
        ObjectNode merged = target instanceof ObjectNode object ? object.deepCopy() : changes.objectNode();
        changes.properties().forEach(field -> {
            if (field.getValue().isNull()) {
                merged.remove(field.getKey());
            } else {
                merged.set(field.getKey(), merge(merged.path(field.getKey()), field.getValue()));
            }
        });
        return merged;
    }

    private static UnaryOperator<ObjectNode> pod(String patch) {
        return pod -> (ObjectNode) merge(pod, yaml(patch));
    }

    private static UnaryOperator<ObjectNode> spec(String patch) {
        return pod("spec: " + patch);
    }

    private static UnaryOperator<ObjectNode> element(String list, int index, String patch) {
        return pod -> {
            ObjectNode changed = pod.deepCopy();
            ArrayNode elements = (ArrayNode) changed.path("spec").path(list);
            elements.set(index, merge(elements.get(index), yaml(patch)));
            return changed;
        };
    }

    private static UnaryOperator<ObjectNode> sidecar(String patch) {
        return element("initContainers", 0, patch);
    }

    private static UnaryOperator<ObjectNode> init(String patch) {
        return element("initContainers", 1, patch);
    }

    private static UnaryOperator<ObjectNode> app(String patch) {
        return element("containers", 0, patch);
    }

    private static UnaryOperator<ObjectNode> more(String list, String element) {
        return pod -> {
            ObjectNode changed = pod.deepCopy();
            ((ObjectNode) changed.path("spec")).withArray(list).add(yaml(element));
            return changed;
        };
    }

    private static UnaryOperator<ObjectNode> moreIn(int container, String list, String element) {
        return pod -> {
            ObjectNode changed = pod.deepCopy();
            ((ObjectNode) changed.path("spec").path("initContainers").get(container))
                    .withArray(list)
                    .add(yaml(element));
            return changed;
        };
    }

    private static UnaryOperator<ObjectNode> variable(String name, String value) {
        return pod -> {
            ObjectNode changed = pod.deepCopy();
            changed.path("spec").path("initContainers").get(0).path("env").forEach(variable -> {
                if (variable.path("name").asText().equals(name)) {
                    ((ObjectNode) variable).put("value", value);
                }
            });
            return changed;
        };
    }

    private static ObjectNode swapped(ObjectNode pod) {
        ObjectNode changed = pod.deepCopy();
        ArrayNode inits = (ArrayNode) changed.path("spec").path("initContainers");
        inits.add(inits.remove(0));
        return changed;
    }

    private static UnaryOperator<ObjectNode> removed(int init) {
        return pod -> {
            ObjectNode changed = pod.deepCopy();
            ((ArrayNode) changed.path("spec").path("initContainers")).remove(init);
            return changed;
        };
    }

    private static Arguments cheat(String name, UnaryOperator<ObjectNode> change, String named) {
        return Arguments.argumentSet(name, change, named);
    }

    static Stream<Arguments> refusedWhenCreated() {
        return Stream.of(
                // Another with the sidecar's user
                cheat("the app has its UID", app("securityContext: {runAsUser: 65532}"), "runAsUser 65532"),
                cheat("an init container has its UID", init("securityContext: {runAsUser: 65532}"), "runAsUser 65532"),
                cheat("the pod has its UID", spec("{securityContext: {runAsUser: 65532}}"), "runAsUser 65532"),
                // Its files
                cheat(
                        "its token's volume mounted",
                        app("volumeMounts: [{name: stockade-token, mountPath: /t}]"),
                        "mounts the sidecar's volume 'stockade-token'"),
                cheat(
                        "its trust's volume mounted",
                        init("volumeMounts: [{name: stockade-trust, mountPath: /t}]"),
                        "mounts the sidecar's volume 'stockade-trust'"),
                cheat(
                        "a token with its audience in a volume of one's own",
                        more(
                                "volumes",
                                "{name: mine, projected: {sources: [{serviceAccountToken: {audience: stockade.dev, path: t}}]}}"),
                        "audience stockade.dev"),
                cheat(
                        "the same behind the API server's token",
                        more(
                                "volumes",
                                "{name: kube-api-access-x, projected: {sources: [{serviceAccountToken: {path: token}}, {configMap: {name: kube-root-ca.crt}}, {serviceAccountToken: {audience: stockade.dev, path: t}}]}}"),
                        "audience stockade.dev"),
                cheat(
                        "a longer token for it",
                        element(
                                "volumes",
                                1,
                                "projected: {sources: [{serviceAccountToken: {audience: stockade.dev, expirationSeconds: 86400, path: token}}]}"),
                        "a volume of container"),
                cheat("its token replaced", element("volumes", 1, "{projected: null, emptyDir: {}}"), "a volume of"),
                cheat(
                        "its trust replaced",
                        element("volumes", 2, "{emptyDir: null, configMap: {name: mine}}"),
                        "a volume of"),
                // Its processes and its memory
                cheat("shareProcessNamespace", spec("{shareProcessNamespace: true}"), "shareProcessNamespace"),
                cheat("hostPID", spec("{hostPID: true}"), "hostPID"),
                cheat("hostNetwork", spec("{hostNetwork: true}"), "hostNetwork"),
                cheat(
                        "SYS_PTRACE",
                        app("securityContext: {capabilities: {add: [SYS_PTRACE]}}"),
                        "capability SYS_PTRACE"),
                cheat(
                        "SYS_PTRACE by its other name, in an init container",
                        init("securityContext: {capabilities: {add: [cap_sys_ptrace]}}"),
                        "capability cap_sys_ptrace"),
                cheat(
                        "all capabilities",
                        app("securityContext: {capabilities: {drop: [NET_RAW], add: [ALL]}}"),
                        "capability ALL"),
                cheat("SYS_ADMIN", app("securityContext: {capabilities: {add: [SYS_ADMIN]}}"), "capability SYS_ADMIN"),
                cheat(
                        "files by their handle",
                        app("securityContext: {capabilities: {add: [DAC_READ_SEARCH]}}"),
                        "capability DAC_READ_SEARCH"),
                cheat("eBPF", app("securityContext: {capabilities: {add: [BPF]}}"), "capability BPF"),
                cheat("a privileged container", app("securityContext: {privileged: true}"), "is privileged"),
                cheat("a privileged init container", init("securityContext: {privileged: true}"), "is privileged"),
                // The node's view of it
                cheat(
                        "the kubelet's folder",
                        more("volumes", "{name: h, hostPath: {path: /var/lib/kubelet/pods}}"),
                        "the node's /var/lib/kubelet/pods"),
                cheat(
                        "what the kubelet's folder is in",
                        more("volumes", "{name: h, hostPath: {path: /var/lib/}}"),
                        "the node's /var/lib/"),
                cheat("the whole node", more("volumes", "{name: h, hostPath: {path: /}}"), "the node's /,"),
                cheat(
                        "around a corner",
                        more("volumes", "{name: h, hostPath: {path: /opt/../var//lib/./kubelet}}"),
                        "the node's"),
                cheat(
                        "the runtime's socket",
                        more("volumes", "{name: h, hostPath: {path: /run/containerd/containerd.sock}}"),
                        "the node's /run/containerd"),
                cheat(
                        "the node's processes",
                        more("volumes", "{name: h, hostPath: {path: /proc}}"),
                        "the node's /proc"),
                // The sidecar itself
                cheat("its image", sidecar("image: evil"), "(image)"),
                cheat("its command", sidecar("command: [sh]"), "(command)"),
                cheat("its arguments", sidecar("args: [-x]"), "(args)"),
                cheat(
                        "a variable more",
                        moreIn(0, "env", "{name: JAVA_TOOL_OPTIONS, value: -javaagent:x}"),
                        "JAVA_TOOL"),
                cheat("another operator", variable("STOCKADE_OPERATOR", "evil:1"), "STOCKADE_OPERATOR"),
                cheat("another trust", variable("STOCKADE_TRUST_BUNDLE", "evil"), "STOCKADE_TRUST_BUNDLE"),
                cheat(
                        "a variable twice",
                        moreIn(0, "env", "{name: STOCKADE_CAPTURE, value: '{}'}"),
                        "env STOCKADE_CAPTURE"),
                cheat("variables from elsewhere", sidecar("envFrom: [{secretRef: {name: x}}]"), "(envFrom)"),
                cheat("a lifecycle hook", sidecar("lifecycle: {postStart: {exec: {command: [x]}}}"), "(lifecycle)"),
                cheat(
                        "a command in its probe",
                        sidecar("livenessProbe: {httpGet: null, exec: {command: [java, X]}}"),
                        "(livenessProbe)"),
                cheat("no startup probe", sidecar("startupProbe: null"), "(startupProbe)"),
                cheat("no readiness probe", sidecar("readinessProbe: null"), "(readinessProbe)"),
                cheat("it starts once only", sidecar("restartPolicy: null"), "(restartPolicy)"),
                cheat("its working directory", sidecar("workingDir: /t"), "(workingDir)"),
                cheat("a terminal", sidecar("{stdin: true, tty: true}"), "(stdin)"),
                cheat("a port of the node", sidecar("ports: [{containerPort: 15008, hostPort: 1}]"), "(ports)"),
                cheat(
                        "a file over its own",
                        sidecar("terminationMessagePath: /opt/stockade/lib"),
                        "(terminationMessagePath)"),
                cheat("its user", sidecar("securityContext: {runAsUser: 0}"), "(securityContext)"),
                cheat(
                        "a writable image",
                        sidecar("securityContext: {readOnlyRootFilesystem: false}"),
                        "(securityContext)"),
                cheat(
                        "no AppArmor",
                        sidecar("securityContext: {appArmorProfile: {type: Unconfined}}"),
                        "(securityContext)"),
                cheat(
                        "no AppArmor, the old way",
                        pod(
                                "metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/stockade-sidecar: unconfined}}"),
                        "container.apparmor.security.beta.kubernetes.io"),
                cheat("a mount more", moreIn(0, "volumeMounts", "{name: scratch, mountPath: /opt}"), "(volumeMounts)"),
                cheat(
                        "a part of its mount",
                        element(
                                "initContainers",
                                0,
                                "volumeMounts: [{name: stockade-token, mountPath: /var/run/secrets/stockade.dev, readOnly: true}, {name: stockade-trust, mountPath: /var/lib/stockade, subPath: x}]"),
                        "(volumeMounts)"),
                cheat("a disk", sidecar("volumeDevices: [{name: scratch, devicePath: /dev/x}]"), "(volumeDevices)"),
                cheat("a field that is not known yet", sidecar("debugShell: true"), "(debugShell)"),
                // Its place
                cheat("it is not the first", PodCheatsTest::swapped, "stands before"),
                cheat("it is gone", removed(0), "has no container 'stockade-sidecar'"),
                cheat(
                        "another one of its name",
                        more("containers", "{name: stockade-sidecar, image: evil}"),
                        "second container 'stockade-sidecar'"),
                // What admission saw
                cheat("a label changed", pod("metadata: {labels: {app: other}}"), "label 'app' was changed"),
                cheat("a label removed", pod("metadata: {labels: {app: null}}"), "label 'app' was changed"),
                cheat(
                        "labels forged",
                        variable("STOCKADE_POD_LABELS", "{\"app\":\"victim\",\"stockade.dev/inject\":\"true\"}"),
                        "label 'app' was changed"),
                cheat("labels that are no object", variable("STOCKADE_POD_LABELS", "[]"), "STOCKADE_POD_LABELS"),
                // What cannot have one
                cheat("a static pod", pod("metadata: {annotations: {kubernetes.io/config.mirror: x}}"), "static pod"),
                cheat("Windows", spec("{os: {name: windows}}"), "windows"),
                cheat(
                        "loopback opened by a sysctl",
                        spec("{securityContext: {sysctls: [{name: net.ipv4.conf.all.route_localnet, value: \"1\"}]}}"),
                        "route_localnet"),
                cheat(
                        "the same with slashes",
                        spec("{securityContext: {sysctls: [{name: net/ipv4/conf/eth0/route_localnet, value: \"1\"}]}}"),
                        "route_localnet"));
    }

    @ParameterizedTest
    @MethodSource("refusedWhenCreated")
    void isRefusedWithASentence(UnaryOperator<ObjectNode> change, String named) {
        assertThat(review("CREATE", change.apply(GOOD), Optional.empty())).satisfies(refused(named));
    }

    private static Consumer<Verdict> refused(String named) {
        return verdict -> assertThat(verdict)
                .isInstanceOfSatisfying(
                        Verdict.Denied.class,
                        denied -> assertThat(denied.sentence())
                                .startsWith("Pod tools/app: ")
                                .contains(named)
                                .endsWith("."));
    }

    static Stream<Arguments> harmless() {
        return Stream.of(
                Arguments.argumentSet("nothing", pod("{}")),
                Arguments.argumentSet(
                        "resources, which LimitRange and autoscalers write",
                        sidecar("resources: {limits: {memory: 512Mi}}")),
                Arguments.argumentSet(
                        "how its image is pulled, which AlwaysPullImages writes", sidecar("imagePullPolicy: Always")),
                Arguments.argumentSet(
                        "the API server's defaults",
                        sidecar(
                                "{terminationMessagePath: /dev/termination-log, terminationMessagePolicy: File, livenessProbe: {successThreshold: 1, httpGet: {scheme: HTTP}}}")),
                Arguments.argumentSet(
                        "the API server's token in it, which it does not use",
                        moreIn(
                                0,
                                "volumeMounts",
                                "{name: a, mountPath: /var/run/secrets/kubernetes.io/serviceaccount}")),
                Arguments.argumentSet("hostIPC: nothing of the sidecar is in shared memory", spec("{hostIPC: true}")),
                Arguments.argumentSet(
                        "its group: files that it owns are mounted nowhere else",
                        app("securityContext: {runAsGroup: 65532}")),
                Arguments.argumentSet("fsGroup: the same", spec("{securityContext: {fsGroup: 65532}}")),
                Arguments.argumentSet(
                        "a token for somebody else",
                        more(
                                "volumes",
                                "{name: vault, projected: {sources: [{serviceAccountToken: {audience: vault, path: t}}]}}")),
                Arguments.argumentSet("no API token at all", spec("{automountServiceAccountToken: false}")),
                Arguments.argumentSet(
                        "devices", spec("{resourceClaims: [{name: gpu, resourceClaimTemplateName: gpu}]}")),
                Arguments.argumentSet("a node chosen by hand", spec("{nodeName: somewhere}")),
                Arguments.argumentSet("a user namespace", spec("{hostUsers: false}")),
                Arguments.argumentSet(
                        "another runtime, which only a platform can bring", spec("{runtimeClassName: gvisor}")),
                Arguments.argumentSet(
                        "the safe sysctls",
                        spec(
                                "{securityContext: {sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: \"0\"}]}}")),
                Arguments.argumentSet(
                        "what service meshes need: it is the pod's own network",
                        init("securityContext: {capabilities: {add: [NET_ADMIN, NET_RAW]}}")),
                Arguments.argumentSet("the node's logs", more("volumes", "{name: h, hostPath: {path: /var/log}}")),
                Arguments.argumentSet(
                        "the node's devices, without the right to open them",
                        more("volumes", "{name: h, hostPath: {path: /dev/shm}}")),
                Arguments.argumentSet(
                        "DNS of its own: the operator is known by its certificate",
                        spec("{dnsPolicy: None, dnsConfig: {nameservers: [192.0.2.1]}}")),
                Arguments.argumentSet(
                        "a name for the operator: the same",
                        more("hostAliases", "{ip: 192.0.2.1, hostnames: [stockade-operator.stockade-system.svc]}")),
                Arguments.argumentSet("a label more: it yields no identity", pod("metadata: {labels: {team: a}}")),
                Arguments.argumentSet(
                        "a container of another webhook behind it",
                        more("containers", "{name: istio-proxy, image: proxy, securityContext: {runAsUser: 1337}}")));
    }

    @ParameterizedTest
    @MethodSource("harmless")
    void isLetThroughSinceItReachesNothing(UnaryOperator<ObjectNode> change) {
        assertThat(review("CREATE", change.apply(GOOD), Optional.empty())).isEqualTo(new Verdict.Allowed());
    }

    static Stream<Arguments> refusedLater() {
        return Stream.of(
                cheat("the sidecar's image", sidecar("image: evil"), "Stockade's to choose"),
                cheat(
                        "a look into the sidecar",
                        more("ephemeralContainers", "{name: d, image: d, targetContainerName: stockade-sidecar}"),
                        "looks into the sidecar"),
                cheat(
                        "an ephemeral container with its UID",
                        more("ephemeralContainers", "{name: d, image: d, securityContext: {runAsUser: 65532}}"),
                        "runAsUser 65532"),
                cheat(
                        "an ephemeral container with SYS_PTRACE",
                        more(
                                "ephemeralContainers",
                                "{name: d, image: d, targetContainerName: app, securityContext: {capabilities: {add: [SYS_PTRACE]}}}"),
                        "capability SYS_PTRACE"),
                cheat(
                        "a privileged ephemeral container",
                        more("ephemeralContainers", "{name: d, image: d, securityContext: {privileged: true}}"),
                        "is privileged"),
                cheat(
                        "an ephemeral container with its token",
                        more(
                                "ephemeralContainers",
                                "{name: d, image: d, volumeMounts: [{name: stockade-token, mountPath: /t}]}"),
                        "mounts the sidecar's volume 'stockade-token'"));
    }

    @ParameterizedTest
    @MethodSource("refusedLater")
    void isRefusedOnceThePodRuns(UnaryOperator<ObjectNode> change, String named) {
        assertThat(review("UPDATE", change.apply(GOOD), Optional.of(GOOD))).satisfies(refused(named));
    }

    static Stream<Arguments> harmlessLater() {
        return Stream.of(
                Arguments.argumentSet("the app's image", app("image: next")),
                Arguments.argumentSet("an init container's image", init("image: next")),
                Arguments.argumentSet(
                        "a resize, at the worst to its own death", sidecar("resources: {limits: {memory: 1Mi}}")),
                Arguments.argumentSet(
                        "a look at the app",
                        more("ephemeralContainers", "{name: d, image: d, targetContainerName: app}")),
                Arguments.argumentSet("a node, as by pods/binding", spec("{nodeName: somewhere}")),
                Arguments.argumentSet("a deadline", spec("{activeDeadlineSeconds: 5}")));
    }

    @ParameterizedTest
    @MethodSource("harmlessLater")
    void isLetThroughOnceThePodRuns(UnaryOperator<ObjectNode> change) {
        assertThat(review("UPDATE", change.apply(GOOD), Optional.of(GOOD))).isEqualTo(new Verdict.Allowed());
    }

    @Test
    void aSidecarWrittenByHandIsHeldToTheSameAlsoWhereNothingSelectsThePod() {
        // Given a pod that does not ask for a sidecar and brings one, of the right image, that claims to be somebody
        // else
        ObjectNode forged = variable("STOCKADE_POD_LABELS", "{\"app\":\"victim\"}")
                .apply((ObjectNode) merge(GOOD, yaml("metadata: {labels: {stockade.dev/inject: null}}")));

        assertThat(review("CREATE", forged, Optional.empty())).satisfies(refused("label 'app' was changed"));
    }

    @Test
    void aSelectedPodThatSaysNoIsInjectedAllTheSame() {
        Membership selected = new Membership(Optional.of(new Membership.AsServer("web", 8080)), Optional.empty());

        InjectionDecision decision = InjectionDecision.decide("tools", Fixtures.pod("""
                        apiVersion: v1
                        kind: Pod
                        metadata: {name: app, labels: {app: web, stockade.dev/inject: "false"}}
                        spec: {containers: [{name: app, image: x}]}
                        """), selected, Fixtures.TEMPLATE);

        assertThat(decision).isInstanceOf(InjectionDecision.Inject.class);
    }

    @Test
    void aPodThatIsNoneOfOursIsNotLookedAt() {
        ObjectNode other = json(Fixtures.pod("""
                apiVersion: v1
                kind: Pod
                metadata: {name: app, labels: {app: other}}
                spec: {hostPID: true, containers: [{name: app, image: x, securityContext: {privileged: true}}]}
                """));

        assertThat(review("CREATE", other, Optional.empty())).isEqualTo(new Verdict.Allowed());
    }

    private static Verdict review(String operation, ObjectNode pod, Optional<ObjectNode> before) {
        return VALIDATION.review(new AdmissionRequest(
                "1", operation, "Pod", "", "tools", Optional.of(pod), before.map(JsonNode.class::cast)));
    }
}
