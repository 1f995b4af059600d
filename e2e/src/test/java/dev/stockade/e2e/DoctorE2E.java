package dev.stockade.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.e2e.mesh.Disturbing;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.Operator;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.mesh.Tools.Ended;
import dev.stockade.e2e.mesh.Waiting;
import dev.stockade.e2e.workload.Manifests;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** {@code kubectl stockade doctor}, as it is packaged, on an installation that is sound, that is broken, and that was mended. */
@Disturbing
@Order(46)
class DoctorE2E {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DEFINITION = "agentidentities.stockade.dev";
    private static final PatchContext AS_JSON = PatchContext.of(PatchType.JSON);

    private final Mesh mesh;
    private final Operator operator;
    private final Team team;
    /** Another namespace of the mesh, in which a pod can be tried while the first is none. */
    private final Team neighbours;

    DoctorE2E(Mesh mesh) {
        this.mesh = mesh;
        operator = mesh.operator();
        team = mesh.team("e2e-doctor");
        neighbours = mesh.team("e2e-doctor-neighbours");
    }

    @AfterAll
    void end() {
        team.disband();
        neighbours.disband();
    }

    /** @param code that it ended with */
    private record Visit(int code, String said) {
        /** The sentences of one level, by their checks. */
        Map<String, String> found(String level) {
            Map<String, String> found = new TreeMap<>();
            try {
                for (JsonNode check : JSON.readTree(said).path("checks")) {
                    if (check.path("level").asText().equals(level)) {
                        found.put(
                                check.path("check").asText(),
                                check.path("sentence").asText());
                    }
                }
            } catch (IOException e) {
                throw new AssertionError(said, e);
            }
            return found;
        }
    }

    private Visit doctor(String... options) {
        Ended ended = mesh.tools()
                .stockade(Stream.concat(Stream.of("doctor"), Stream.of(options)).toArray(String[]::new));
        return new Visit(ended.status(), ended.said());
    }

    private Visit sound() {
        AtomicReference<Visit> last = new AtomicReference<>(new Visit(-1, ""));
        Waiting.until("the doctor finds nothing wrong", last::get, () -> {
            last.set(doctor());
            return last.get().code() == 0;
        });
        return last.get();
    }

    private void label(String json) {
        mesh.client()
                .namespaces()
                .withName(team.namespace())
                .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"metadata\":{\"labels\":" + json + "}}");
    }

    @Test
    void aSoundInstallationIsCalledSoAndEachFaultOfABrokenOneIsNamedUntilItIsMended() {
        // Given an installation with a server
        team.apply(team.manifests().server("patient", 1, true), Manifests.secureMcpServer("patient", ""));
        team.awaitDeployment("patient").server("patient").await("Ready", "True");
        // Then nothing is wrong with it
        assertThat(sound().said()).startsWith("Nothing is wrong.\n").doesNotContain("NOT CHECKED");

        // When the operator is gone, and somebody has been at its webhooks, at a definition, and at a namespace
        int replicas = operator.wanted();
        Visit broken;
        try {
            operator.scale(0);
            operator.awaitGone();
            mesh.client()
                    .admissionRegistration()
                    .v1()
                    .validatingWebhookConfigurations()
                    .withName("stockade-validator")
                    .patch(AS_JSON, "[{\"op\":\"remove\",\"path\":\"/webhooks/0/clientConfig/caBundle\"}]");
            mesh.client()
                    .apiextensions()
                    .v1()
                    .customResourceDefinitions()
                    .withName(DEFINITION)
                    .patch(
                            AS_JSON,
                            "[{\"op\":\"remove\",\"path\":\"/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/suspended\"}]");
            label("{\"stockade.dev/mesh\":null}");
            broken = doctor("-o", "json");
        } finally {
            operator.scale(replicas);
            label("{\"stockade.dev/mesh\":\"enabled\"}");
            operator.awaitReady();
        }
        // Then each of these is named, with what to do
        assertThat(broken.code()).as(broken.said()).isEqualTo(1);
        Map<String, String> wrong = broken.found("fail");
        assertThat(wrong).containsKeys("operator", "webhooks-trust", "webhooks-answer", "definitions", "namespaces");
        assertThat(wrong.get("operator")).contains("No replica is ready (0 wanted)", "describe pods");
        assertThat(wrong.get("webhooks-trust")).contains("pods.stockade.dev has no caBundle", "see its log");
        assertThat(wrong.get("webhooks-answer"))
                .contains("failed calling webhook \"inject.stockade.dev\"", "port 9443");
        assertThat(wrong.get("definitions"))
                .contains(DEFINITION + " at v1alpha1.spec.suspended", "Restart the operator");
        assertThat(wrong.get("namespaces")).contains("kubectl label namespace e2e-doctor stockade.dev/mesh=enabled");
        // And all is well once the operator runs again, which puts right what is its own
        assertThat(sound().said()).startsWith("Nothing is wrong.\n");
    }
}
