package dev.stockade.cli.question;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.cli.UnusableException;
import dev.stockade.cli.manifest.ManifestReader;
import dev.stockade.policy.ResourceName;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamingTest {
    private static String server(String name, String namespace) {
        return "apiVersion: stockade.dev/v1alpha1\nkind: SecureMcpServer\nmetadata: {name: " + name + ", namespace: "
                + namespace + "}\nspec: {selector: {matchLabels: {a: b}}, port: 1}\n---\n";
    }

    private static String agent(String name, String namespace, String servers) {
        return "apiVersion: stockade.dev/v1alpha1\nkind: AgentIdentity\nmetadata: {name: " + name + ", namespace: "
                + namespace + "}\nspec: {serviceAccountName: x" + servers + "}\n---\n";
    }

    private static final String MESH = server("github", "tools")
            + server("github", "other")
            + server("github", "agents")
            + server("jira", "tools")
            + server("lonely", "other")
            + agent("triage", "agents", ", servers: [{namespace: tools}]")
            + agent("review", "agents", "")
            + agent("both", "agents", ", servers: [{namespace: tools}, {namespace: other}]")
            + agent("triage", "more", "");

    private static ResourceName server(String text, String agent, Optional<String> namespace) throws UnusableException {
        Resources resources = ManifestReader.read(Map.of("m", MESH), namespace);
        Naming naming = new Naming(resources);
        return naming.server(text, naming.agent(agent));
    }

    @ParameterizedTest
    @CsvSource({
        "github, agents/triage, tools/github",
        "github, review, agents/github",
        "other/github, agents/triage, other/github",
        "lonely, agents/triage, other/lonely",
    })
    void aServerIsLookedForWhereTheAgentFindsIt(String text, String agent, String expected) throws UnusableException {
        assertThat(server(text, agent, Optional.empty())).hasToString(expected);
    }

    @Test
    void theDefaultNamespaceIsWhereAgentsAreLookedFor() throws UnusableException {
        Resources resources = ManifestReader.read(Map.of("m", MESH), Optional.of("more"));

        assertThat(new Naming(resources).agent("triage").getMetadata().getNamespace())
                .isEqualTo("more");
    }

    @Test
    void aNameThatMeansSeveralIsNotGuessed() {
        assertThatThrownBy(() -> server("github", "triage", Optional.empty()))
                .hasMessage("There are several AgentIdentity triage: agents/triage, more/triage. Write which one, with"
                        + " its namespace.");
        assertThatThrownBy(() -> server("github", "both", Optional.empty()))
                .hasMessageContaining("There are several SecureMcpServer github");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tools/gihub | There is no SecureMcpServer gihub in namespace tools. Did you mean tools/github?",
                "tools/git | There is no SecureMcpServer git in namespace tools. Did you mean tools/github?",
                "tools/zzz | There is no SecureMcpServer zzz in namespace tools. There are: tools/github, tools/jira.",
                "nowhere/x | There is no SecureMcpServer x in namespace nowhere. There is none at all; name another"
                        + " namespace with -n or namespace/name.",
            })
    void aNameThatLeadsNowhereIsToldWithThoseNearIt(String text, String sentence) {
        assertThatThrownBy(() -> server(text, "agents/triage", Optional.empty()))
                .hasMessage(sentence);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/b/c", "/a", "a/", "", "/"})
    void whatIsNoNameIsSaid(String text) {
        assertThatThrownBy(() -> server(text, "agents/triage", Optional.empty()))
                .hasMessageContaining("is not the name of a resource");
    }

    @ParameterizedTest
    @CsvSource({"kitten, sitting, 3", "a, a, 0", "'', abc, 3", "github, gihub, 1"})
    void distancesAreThoseOfLevenshtein(String a, String b, int distance) {
        assertThat(Nearness.distance(a, b)).isEqualTo(distance);
    }
}
