package dev.stockade.cli.cluster;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import dev.stockade.cli.doctor.Installation;
import dev.stockade.cli.doctor.Known;
import dev.stockade.cli.doctor.Trial;
import dev.stockade.crds.Definitions;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.CaSecretRef;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.policy.MeshLabel;
import dev.stockade.policy.MeshPod;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.net.URISyntaxException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Reads what the doctor looks at. Nothing is written: the one pod that is created is created in a dry run, of which the API
 * server keeps nothing.
 */
public final class LiveInstallation {
    private static final String OPERATOR = "stockade-operator";
    private static final String CA_SECRET = "stockade-ca";
    private static final String METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    /** Not the sidecar's own user, which a pod in the mesh may not take. */
    private static final long NOBODY = 65534;

    private static final long ANSWER_SECONDS = 10;
    private static final long HALF_A_SECOND = 500;
    private static final int OK = 200;

    private final KubernetesClient client;
    private final String namespace;
    private final InstantSource clock;

    /** @param namespace the operator's */
    public LiveInstallation(KubernetesClient client, String namespace, InstantSource clock) {
        this.client = requireNonNull(client);
        this.namespace = requireNonNull(namespace);
        this.clock = requireNonNull(clock);
    }

    /** @throws ClusterException if the cluster cannot be asked at all */
    public Installation read() {
        Known<Instant> theirs = time();
        Instant own = clock.instant();
        Known<List<Namespace>> namespaces = asked("list namespaces", () -> LiveMesh.pages(client.namespaces()));
        List<String> mesh = namespaces.or(List.of()).stream()
                .filter(MeshLabel::isOn)
                .map(n -> n.getMetadata().getName())
                .filter(n -> !n.equals("kube-system") && !n.equals(namespace))
                .sorted()
                .toList();
        Known<Optional<Deployment>> deployment = one(
                "get deployments -n " + namespace,
                client.apps().deployments().inNamespace(namespace).withName(OPERATOR));
        Known<Optional<MeshTrust>> trust = one(
                "get meshtrusts.stockade.dev", client.resources(MeshTrust.class).withName("default"));
        var admission = client.admissionRegistration().v1();
        return new Installation(
                namespace,
                theirs.or(own),
                switch (theirs) {
                    case Known.Is<Instant>(Instant at) -> new Known.Is<>(Duration.between(at, own));
                    case Known.Not<Instant>(String why) -> new Known.Not<>(why);
                },
                asked(
                        "get /version",
                        () -> requireNonNullElse(client.getKubernetesVersion().getGitVersion(), "")),
                Definitions.yaml().stream().map(this::definition).toList(),
                definitions(),
                deployment,
                asked(
                        "list pods -n " + namespace,
                        () -> client.pods()
                                .inNamespace(namespace)
                                .withLabels(Map.of(
                                        "app.kubernetes.io/name",
                                        "stockade",
                                        "app.kubernetes.io/component",
                                        "operator"))
                                .list()
                                .getItems()),
                one(
                        "get leases -n " + namespace,
                        client.leases().inNamespace(namespace).withName(OPERATOR)),
                one(
                        "get poddisruptionbudgets -n " + namespace,
                        client.policy()
                                .v1()
                                .podDisruptionBudget()
                                .inNamespace(namespace)
                                .withName(OPERATOR)),
                asked(
                        "list mutatingwebhookconfigurations",
                        () -> LiveMesh.pages(admission.mutatingWebhookConfigurations())),
                asked(
                        "list validatingwebhookconfigurations",
                        () -> LiveMesh.pages(admission.validatingWebhookConfigurations())),
                trust,
                secret(trust.or(Optional.empty())),
                namespaces,
                asked("list nodes", () -> LiveMesh.pages(client.nodes())),
                asked("list securemcpservers.stockade.dev -A", () -> ours(SecureMcpServer.class)),
                asked("list agentidentities.stockade.dev -A", () -> ours(AgentIdentity.class)),
                asked("list pods in the mesh's namespaces", () -> pods(mesh)),
                asked("list networkpolicies in the mesh's namespaces", () -> policies(mesh)),
                switch (namespaces) {
                    case Known.Is<List<Namespace>> is ->
                        mesh.isEmpty() ? new Known.Is<>(new Trial.Nowhere()) : dryRun(mesh.getFirst());
                    case Known.Not<List<Namespace>>(String why) -> new Known.Not<>(why);
                });
    }

    private CustomResourceDefinition definition(String yaml) {
        return client.getKubernetesSerialization().unmarshal(yaml, CustomResourceDefinition.class);
    }

    private Known<List<CustomResourceDefinition>> definitions() {
        return asked("get customresourcedefinitions", () -> {
            List<CustomResourceDefinition> found = new ArrayList<>();
            for (String name : Definitions.NAMES) {
                CustomResourceDefinition one = client.apiextensions()
                        .v1()
                        .customResourceDefinitions()
                        .withName(name)
                        .get();
                if (one != null) {
                    found.add(one);
                }
            }
            return found;
        });
    }

    /** The Date header has whole seconds: half a second in is the best guess. */
    private Known<Instant> time() {
        String date = get("version", "application/json").header("Date");
        if (date == null) {
            return new Known.Not<>("The API server's answer has no Date.");
        }
        try {
            return new Known.Is<>(ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant()
                    .plusMillis(HALF_A_SECOND));
        } catch (DateTimeException e) {
            return new Known.Not<>("The API server's Date cannot be read.");
        }
    }

    private List<Pod> pods(List<String> namespaces) {
        return namespaces.stream()
                .flatMap(n -> LiveMesh.pages(client.pods().inNamespace(n)).stream())
                .toList();
    }

    private List<NetworkPolicy> policies(List<String> namespaces) {
        return namespaces.stream()
                .flatMap(n ->
                        LiveMesh.pages(client.network().v1().networkPolicies().inNamespace(n)).stream())
                .toList();
    }

    /** Only that it is there is asked for: what it holds, the key of the authority, never comes here. */
    private Known<Boolean> secret(Optional<MeshTrust> trust) {
        String name =
                trust.map(t -> t.getSpec().caSecretRef()).map(CaSecretRef::name).orElse(CA_SECRET);
        String right = "get secrets -n " + namespace;
        HttpResponse<String> answer = get("api/v1/namespaces/" + namespace + "/secrets/" + name, METADATA);
        return switch (answer.code()) {
            case OK -> new Known.Is<>(true);
            case Refusal.NOT_FOUND -> new Known.Is<>(false);
            case Refusal.FORBIDDEN -> new Known.Not<>(Refusal.forbidden(right));
            default ->
                new Known.Not<>("The API server did not answer (" + right + "): HTTP status " + answer.code() + ".");
        };
    }

    /** @throws ClusterException if there is no answer, or nobody is known there by these credentials */
    private HttpResponse<String> get(String path, String accept) {
        HttpResponse<String> answer;
        try {
            HttpClient http = client.getHttpClient();
            answer = http.sendAsync(
                            http.newHttpRequestBuilder()
                                    .uri(client.getMasterUrl().toURI().resolve(path))
                                    .header("Accept", accept)
                                    .build(),
                            String.class)
                    .get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClusterException("Interrupted while the cluster was asked.");
        } catch (ExecutionException | TimeoutException | URISyntaxException e) {
            throw Refusal.of(client, "get /" + path, "", new KubernetesClientException("no answer", e));
        }
        if (answer.code() == Refusal.UNAUTHORIZED) {
            throw unknownHere("get /" + path);
        }
        return answer;
    }

    private ClusterException unknownHere(String right) {
        return Refusal.of(client, right, "", new KubernetesClientException("", Refusal.UNAUTHORIZED, null));
    }

    private Known<Trial> dryRun(String in) {
        Pod pod = new PodBuilder()
                .withNewMetadata()
                .withGenerateName("stockade-doctor-")
                .withNamespace(in)
                .withLabels(Map.of("stockade.dev/inject", "true"))
                .endMetadata()
                .withNewSpec()
                .withAutomountServiceAccountToken(false)
                .withNewSecurityContext()
                .withRunAsNonRoot(true)
                .withRunAsUser(NOBODY)
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .endSecurityContext()
                .withContainers(new ContainerBuilder()
                        .withName("nothing")
                        .withImage("nothing.invalid/never-pulled")
                        .withNewSecurityContext()
                        .withAllowPrivilegeEscalation(false)
                        .withNewCapabilities()
                        .withDrop("ALL")
                        .endCapabilities()
                        .endSecurityContext()
                        .build())
                .endSpec()
                .build();
        try {
            Pod made = client.pods().inNamespace(in).resource(pod).dryRun(true).create();
            boolean injected = made.getSpec().getInitContainers() != null
                    && made.getSpec().getInitContainers().stream().anyMatch(c -> MeshPod.SIDECAR.equals(c.getName()));
            return new Known.Is<>(injected ? new Trial.Injected() : new Trial.Bare());
        } catch (KubernetesClientException e) {
            String said = e.getStatus() == null
                    ? requireNonNullElse(e.getMessage(), "no answer.")
                    : requireNonNullElse(e.getStatus().getMessage(), "no answer.");
            // Without the right no webhook is asked.
            return e.getCode() == Refusal.FORBIDDEN && said.contains("cannot create resource \"pods\"")
                    ? new Known.Not<>(Refusal.forbidden("create pods -n " + in) + " A dry run needs that right, too.")
                    : new Known.Is<>(new Trial.Refused(said.endsWith(".") ? said : said + "."));
        }
    }

    private <T extends HasMetadata> Known<Optional<T>> one(String right, Resource<T> resource) {
        return asked(right, () -> Optional.ofNullable(resource.get()));
    }

    /** Those of a kind of ours; where the cluster does not know the kind, another check says so. */
    private <T extends HasMetadata> List<T> ours(Class<T> kind) {
        try {
            return LiveMesh.pages(client.resources(kind).inAnyNamespace());
        } catch (KubernetesClientException e) {
            if (e.getCode() == Refusal.NOT_FOUND) {
                return List.of();
            }
            throw e;
        }
    }

    private <T> Known<T> asked(String right, Supplier<T> question) {
        try {
            return new Known.Is<>(question.get());
        } catch (KubernetesClientException e) {
            return switch (e.getCode()) {
                case Refusal.FORBIDDEN -> new Known.Not<>(Refusal.forbidden(right));
                case Refusal.UNAUTHORIZED -> throw unknownHere(right);
                default ->
                    new Known.Not<>("The API server did not answer (" + right + "): "
                            + requireNonNullElse(e.getMessage(), "") + ".");
            };
        }
    }
}
