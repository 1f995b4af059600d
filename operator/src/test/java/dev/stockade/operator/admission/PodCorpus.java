package dev.stockade.operator.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.stockade.policy.ServicePort;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Pods like those that clusters have: the shapes in {@code admission/corpus/shapes.yaml}, each with some more of what the pod API
 * offers, chosen by a seed. The same seed is the same pod.
 */
final class PodCorpus {
    private static final List<JsonNode> SHAPES = read();

    /** Merged into {@code spec}; lists are appended to what is there. */
    private static final List<JsonNode> OF_PODS = all(
            "{restartPolicy: Always}",
            "{terminationGracePeriodSeconds: 0}",
            "{activeDeadlineSeconds: 600}",
            "{dnsPolicy: None, dnsConfig: {nameservers: [192.0.2.53], options: [{name: edns0}]}}",
            "{nodeSelector: {disk: ssd}}",
            "{nodeName: node-a}",
            "{automountServiceAccountToken: false}",
            "{securityContext: {runAsUser: 1000, runAsGroup: 65532, runAsNonRoot: true}}",
            "{securityContext: {seLinuxOptions: {level: 's0:c1,c2'}, supplementalGroups: [1, 65532]}}",
            "{securityContext: {appArmorProfile: {type: RuntimeDefault}, seccompProfile: {type: Unconfined}}}",
            "{securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: '1'}]}}",
            "{hostAliases: [{ip: 192.0.2.1, hostnames: [web, github.tools]}, {ip: 127.77.1.1, hostnames: [mine]}]}",
            "{hostAliases: [{ip: '2001:db8::1', hostnames: [six]}]}",
            "{imagePullSecrets: [{name: regcred}]}",
            "{hostname: fixed, subdomain: svc}",
            "{schedulerName: other}",
            "{tolerations: [{operator: Exists}]}",
            "{priorityClassName: system-node-critical}",
            "{readinessGates: [{conditionType: example.test/gate}]}",
            "{enableServiceLinks: false}",
            "{overhead: {}}",
            "{topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, minDomains: 2, labelSelector: {matchLabels: {a: b}}, matchLabelKeys: [pod-template-hash]}]}",
            "{setHostnameAsFQDN: true}",
            "{os: {name: linux}}",
            "{hostUsers: true}",
            "{schedulingGates: [{name: example.test/wait}]}",
            "{affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: arch, operator: In, values: [amd64, arm64]}]}]}}}}",
            "{volumes: [{name: more-a, emptyDir: {}}, {name: more-b, downwardAPI: {items: [{path: cpu, resourceFieldRef: {containerName: app, resource: limits.cpu, divisor: 1m}}]}}]}",
            "{volumes: [{name: more-nfs, nfs: {server: nfs.example.test, path: /x}}, {name: more-iscsi, iscsi: {targetPortal: 192.0.2.9, iqn: iqn.2001-04.test:x, lun: 0}}]}",
            "{volumes: [{name: more-token, projected: {sources: [{serviceAccountToken: {path: t}}, {downwardAPI: {items: [{path: l, fieldRef: {fieldPath: metadata.labels}}]}}]}}]}",
            "{initContainers: [{name: more-first, image: 'example.test/i:1'}, {name: more-side, image: 'example.test/i:1', restartPolicy: Always, startupProbe: {tcpSocket: {port: 7000}}}]}",
            "{containers: [{name: more-one, image: 'example.test/i:1', ports: [{containerPort: 7100, name: p}], livenessProbe: {grpc: {port: 7100}}}]}",
            "{containers: [{name: more-two, image: 'example.test/i@sha256:0000000000000000000000000000000000000000000000000000000000000000'}]}",
            "{volumes: [{name: stockade-trust, emptyDir: {}}]}",
            "{shareProcessNamespace: true}",
            "{hostUsers: false}");

    /** Merged into some container. */
    private static final List<JsonNode> OF_CONTAINERS = all(
            "{livenessProbe: {httpGet: {path: /live, port: 8123, host: example.test}}}",
            "{livenessProbe: {httpGet: {path: /live, port: no-such-name}, timeoutSeconds: 7}}",
            "{readinessProbe: {httpGet: {path: '/r?a=$b&c=\"d\"', port: 8124, scheme: HTTPS, httpHeaders: [{name: A, value: 'b, c'}, {name: A, value: d}]}, initialDelaySeconds: 1, periodSeconds: 2, successThreshold: 3, failureThreshold: 4}}",
            "{startupProbe: {exec: {command: [x]}, terminationGracePeriodSeconds: 10}}",
            "{startupProbe: {grpc: {port: 8125, service: ''}}}",
            "{livenessProbe: {tcpSocket: {port: 8126}}}",
            "{lifecycle: {preStop: {sleep: {seconds: 3}}}}",
            "{lifecycle: {postStart: {exec: {command: [y]}}}}",
            "{env: [{name: D, value: '$(E) $$(F) $'}, {name: E}, {name: G, valueFrom: {fieldRef: {fieldPath: status.podIPs}}}]}",
            "{env: [{name: STOCKADE_OPERATOR, value: mine}]}",
            "{envFrom: [{configMapRef: {name: c, optional: true}, prefix: P_}]}",
            "{command: ['', ' ', \"\\u2028\"], args: []}",
            "{resources: {limits: {cpu: 1500m, memory: 1.5Gi, ephemeral-storage: 1e9}, requests: {cpu: '0.1'}}}",
            "{workingDir: /w, terminationMessagePath: /m, terminationMessagePolicy: File}",
            "{stdin: true, stdinOnce: true, tty: true}",
            "{imagePullPolicy: Never}",
            "{securityContext: {capabilities: {drop: [ALL], add: [NET_BIND_SERVICE, CHOWN]}, procMount: Default}}",
            "{securityContext: {runAsUser: 0, privileged: false, seLinuxOptions: {type: t}}}",
            "{securityContext: {windowsOptions: {}}}",
            "{ports: [{containerPort: 15090}, {containerPort: 8127, protocol: SCTP}, {containerPort: 8128, hostIP: 192.0.2.1, hostPort: 8128}]}",
            "{resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}]}",
            "{ports: [{containerPort: 15008}]}",
            "{securityContext: {runAsUser: 65532}}",
            "{securityContext: {capabilities: {add: [SYS_PTRACE]}}}",
            "{securityContext: {privileged: true}}");

    /** What the API server does not know, or drops; a model that reads it must not lose it. */
    private static final List<JsonNode> OF_TOMORROW = all(
            "{containers: [], tomorrow: {deep: [1, {a: null, b: 'c'}]}}",
            "{securityContext: {tomorrow: true}}",
            "{volumes: [{name: v-tomorrow, tomorrow: {x: 1}}]}",
            "{containers: [{name: c-tomorrow, image: x, tomorrow: 1.0, readinessProbe: {httpGet: {port: 9, path: /, tomorrow: y}}}]}");

    private PodCorpus() {}

    /** How many shapes there are; with a smaller seed than that, the shape itself. */
    static int shapes() {
        return SHAPES.size();
    }

    /** A pod that a real API server may take. */
    static Pod pod(int seed) {
        return Fixtures.YAML.convertValue(node(seed), Pod.class);
    }

    /** One with fields of a later Kubernetes, too. */
    static Pod podOfTomorrow(int seed) {
        ObjectNode pod = node(seed);
        append((ObjectNode) pod.path("spec"), OF_TOMORROW.get(seed % OF_TOMORROW.size()));
        return Fixtures.YAML.convertValue(pod, Pod.class);
    }

    /** How the pod of that seed is injected. */
    static InjectionPlan plan(int seed) {
        Random random = new Random(seed * 31L + 7);
        ProbeScope probes =
                random.nextBoolean() ? new ProbeScope.All() : new ProbeScope.Ports(Set.of(8080, 8124, 3000, 9090));
        List<ServicePort> captured = IntStream.range(0, random.nextInt(4))
                .mapToObj(i -> new ServicePort(
                        random.nextBoolean() ? "tools" : "other", "web" + i, random.nextBoolean() ? 80 : 8080))
                .distinct()
                .sorted()
                .toList();
        return new InjectionPlan("tools", Fixtures.TEMPLATE, probes, captured);
    }

    private static ObjectNode node(int seed) {
        ObjectNode pod = SHAPES.get(seed % SHAPES.size()).deepCopy();
        if (seed < SHAPES.size()) {
            return pod;
        }
        Random random = new Random(seed);
        ObjectNode spec = (ObjectNode) pod.path("spec");
        for (int i = random.nextInt(4); i > 0; i--) {
            append(spec, OF_PODS.get(random.nextInt(OF_PODS.size())));
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            JsonNode list = random.nextInt(3) == 0 ? spec.path("initContainers") : spec.path("containers");
            if (!list.isEmpty()) {
                append(
                        (ObjectNode) list.get(random.nextInt(list.size())),
                        OF_CONTAINERS.get(random.nextInt(OF_CONTAINERS.size())));
            }
        }
        return pod;
    }

    private static void append(ObjectNode target, JsonNode more) {
        more.properties().forEach(field -> {
            JsonNode there = target.path(field.getKey());
            if (there instanceof ObjectNode object && field.getValue().isObject()) {
                append(object, field.getValue());
            } else if (there instanceof ArrayNode array && field.getValue() instanceof ArrayNode added) {
                added.forEach(element -> {
                    if (!holds(array, element)) {
                        array.add(element.deepCopy());
                    }
                });
            } else {
                target.set(field.getKey(), field.getValue().deepCopy());
            }
        });
    }

    /** By name, where elements have one. */
    private static boolean holds(ArrayNode array, JsonNode element) {
        for (JsonNode there : array) {
            if (there.equals(element)
                    || (element.has("name") && there.path("name").equals(element.path("name")))) {
                return true;
            }
        }
        return false;
    }

    private static List<JsonNode> all(String... flow) {
        return Stream.of(flow).map(PodCorpus::parse).toList();
    }

    private static JsonNode parse(String yaml) {
        // The dashes keep a flow mapping from being read as JSON.
        return Fixtures.YAML.unmarshal("---\n" + yaml, JsonNode.class);
    }

    private static List<JsonNode> read() {
        try {
            return Stream.of(Files.readString(Path.of("src/test/resources/admission/corpus/shapes.yaml"))
                            .split("(?m)^---$"))
                    .map(PodCorpus::parse)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
