package dev.stockade.operator.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ResourceValidationTest {
    private static final ResourceValidation VALIDATION = new ResourceValidation(Fixtures.YAML);

    private static JsonNode resource(String spec) {
        return Fixtures.YAML.unmarshal("metadata: {name: it, namespace: tools}\nspec: " + spec, JsonNode.class);
    }

    private static Verdict review(String operation, String kind, Optional<JsonNode> object, Optional<JsonNode> old) {
        return VALIDATION.review(new AdmissionRequest("1", operation, kind, "", "tools", object, old));
    }

    static Stream<Arguments> nonsense() {
        return Stream.of(
                Arguments.of("SecureMcpServer", "{selector: {matchLabels: {a: b}}, port: 15008}", "port 15008"),
                Arguments.of(
                        "SecureMcpServer",
                        "{selector: {matchLabels: {a: b}}, port: 3000, openPorts: [9090, 3000]}",
                        "openPorts names spec.port 3000"),
                Arguments.of(
                        "SecureMcpServer",
                        "{selector: {matchLabels: {a: b}}, port: 3000, openPorts: [15001]}",
                        "openPorts names 15001"),
                Arguments.of(
                        "SecureMcpServer",
                        "{selector: {matchLabels: {a: b}}, port: 3000, limits: {requestBytes: 64Mi}}",
                        "limits.requestBytes 64Mi"),
                Arguments.of("McpAccessPolicy", "{allow: [{resources: ['repo://acme/../x']}]}", "dot segments"),
                Arguments.of("McpAccessPolicy", "{deny: [{resources: ['repo://a%2Fb']}]}", "encoded dots or slashes"),
                Arguments.of("McpAccessPolicy", "{allow: [{resources: ['repo://me@acme/*']}]}", "user info"));
    }

    @ParameterizedTest
    @MethodSource("nonsense")
    void nonsenseIsRefusedWithTheResourceNamed(String kind, String spec, String named) {
        assertThat(review("CREATE", kind, Optional.of(resource(spec)), Optional.empty()))
                .isInstanceOfSatisfying(
                        Verdict.Denied.class,
                        denied -> assertThat(denied.sentence())
                                .startsWith(kind + " tools/it: ")
                                .contains(named));
    }

    @Test
    void whatIsStoredAlreadyPasses() {
        JsonNode bad = resource("{selector: {matchLabels: {a: b}}, port: 15008}");

        assertThat(review("UPDATE", "SecureMcpServer", Optional.of(bad), Optional.of(bad)))
                .isEqualTo(new Verdict.Allowed());
        assertThat(review("DELETE", "SecureMcpServer", Optional.empty(), Optional.of(bad)))
                .isEqualTo(new Verdict.Allowed());
    }

    @Test
    void aPatternThatCanMatchPasses() {
        JsonNode policy = resource("{allow: [{resources: ['repo://acme/*', 'file:///a/.hidden', 'mail:me@acme']}]}");

        assertThat(review("CREATE", "McpAccessPolicy", Optional.of(policy), Optional.empty()))
                .isEqualTo(new Verdict.Allowed());
    }

    @Test
    void whatMakesSensePasses() {
        assertThat(review(
                        "CREATE",
                        "SecureMcpServer",
                        Optional.of(resource("{selector: {matchLabels: {a: b}}, port: 3000, openPorts: [9090]}")),
                        Optional.empty()))
                .isEqualTo(new Verdict.Allowed());
    }
}
