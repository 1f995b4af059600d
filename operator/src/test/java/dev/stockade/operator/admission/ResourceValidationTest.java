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
                Arguments.of("McpAccessPolicy", "{allow: [{resources: ['repo://me@acme/*']}]}", "user info"),
                Arguments.of(
                        "McpAccessPolicy",
                        "{allow: [{tools: [a]}, {tools: [b], when: 'args.repo =='}]}",
                        "allow[1].when, line 1, column 13: "),
                Arguments.of(
                        "McpAccessPolicy",
                        "{deny: [{tools: [a], when: 'args.n > 1 && agnt.name == \"x\"'}]}",
                        "deny[0].when, line 1, column 15: undeclared reference to 'agnt'"),
                Arguments.of(
                        "McpAccessPolicy",
                        "{allow: [{tools: [a], when: 'agent.names == \"x\"'}]}",
                        "allow[0].when, line 1, column 6: undefined field 'names'"),
                Arguments.of(
                        "McpAccessPolicy",
                        "{allow: [{tools: [a], when: 'agent.name'}]}",
                        "allow[0].when, line 1, column 6: expected type 'bool' but found 'string'"),
                Arguments.of(
                        "McpAccessPolicy",
                        "{allow: [{tools: [a], when: 'args.a.all(x, args.b.all(y, args.c.all(z, x == y)))'}]}",
                        "steps"));
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
    void aConditionThatCompilesPasses() {
        JsonNode policy = resource("{allow: [{tools: [a], when: 'args.repo.startsWith(\"acme/\")'}]}");

        assertThat(review("CREATE", "McpAccessPolicy", Optional.of(policy), Optional.empty()))
                .isEqualTo(new Verdict.Allowed());
    }

    @Test
    void aBadConditionStandsInTheWayOfNoCleanup() {
        JsonNode bad = resource("{allow: [{tools: [a], when: 'args.'}]}");

        assertThat(review("UPDATE", "McpAccessPolicy", Optional.of(bad), Optional.of(bad)))
                .isEqualTo(new Verdict.Allowed());
        assertThat(review("DELETE", "McpAccessPolicy", Optional.empty(), Optional.of(bad)))
                .isEqualTo(new Verdict.Allowed());
        assertThat(VALIDATION.review(new AdmissionRequest(
                        "1", "UPDATE", "McpAccessPolicy", "status", "tools", Optional.of(bad), Optional.empty())))
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
