package dev.stockade.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.model.policy.AccessPolicy;
import dev.stockade.model.policy.AgentAccess;
import dev.stockade.model.policy.ClientFeature;
import dev.stockade.model.policy.GuardedKind;
import dev.stockade.model.policy.Question;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GrantsTest {
    private static final String GITHUB = Meshes.server(
            "tools", "github", "2026-01-01T00:00:00Z", "{selector: {matchLabels: {app: github}}, port: 3000}");
    private static final String TRIAGE =
            Meshes.agent("agents", "triage", "{serviceAccountName: triage, servers: [{namespace: tools}]}");

    private static String grant(String name, String rest) {
        return Meshes.policy(
                "tools",
                name,
                "{agents: [{namespace: agents, name: triage}], servers: [{name: github}], " + rest + "}");
    }

    @Test
    void anAgentThatIsNamedAndWillingHasAccess() {
        var view = Meshes.view(GITHUB, TRIAGE, grant("reads", "allow: [{tools: [get_issue, 'list_*']}]"));

        var grants = Grants.of(view);

        var agents = grants.agents(view.servers().getFirst());
        assertThat(agents)
                .extracting(a -> a.agent().uri())
                .containsExactly("spiffe://stockade.local/ns/agents/agent/triage");
        assertThat(agents.getFirst().serviceAccount()).isEqualTo("triage");
        assertThat(agents.getFirst().suspended()).isFalse();
        assertThat(agents.getFirst()
                        .decide(Question.listed(GuardedKind.TOOL, "list_issues"))
                        .allows())
                .isTrue();
        assertThat(agents.getFirst()
                        .decide(Question.listed(GuardedKind.TOOL, "delete_issue"))
                        .allows())
                .isFalse();
        assertThat(grants.granted(view.agents().getFirst(), view.servers().getFirst()))
                .isTrue();
        assertThat(grants.policies(view.servers().getFirst()).getFirst().generation())
                .isEqualTo(3);
    }

    @Test
    void aGrantAloneGivesNothingToAnAgentThatIsNotWilling() {
        var unwilling = Meshes.agent("agents", "triage", "{serviceAccountName: triage}");
        var view = Meshes.view(GITHUB, unwilling, grant("reads", "allow: [{tools: ['*']}]"));

        var grants = Grants.of(view);

        assertThat(grants.agents(view.servers().getFirst())).isEmpty();
        assertThat(grants.granted(view.agents().getFirst(), view.servers().getFirst()))
                .isFalse();
        assertThat(grants.taken(view.agents().getFirst())).isEmpty();
        var resolution = grants.resolution(view.policies().getFirst());
        assertThat(resolution.unresolved()).isEmpty();
        assertThat(resolution.notes())
                .containsExactly("AgentIdentity agents/triage does not take server tools/github; its owner adds it to"
                        + " spec.servers");
    }

    @Test
    void willingnessAloneGivesNothing() {
        var view = Meshes.view(GITHUB, TRIAGE);

        var grants = Grants.of(view);

        assertThat(grants.agents(view.servers().getFirst())).isEmpty();
        assertThat(grants.taken(view.agents().getFirst())).hasSize(1);
    }

    @Test
    void byDefaultAnAgentTakesTheServersOfItsOwnNamespaceAndWithAnEmptyListNone() {
        var own = new ResourceName("agents", "github");
        var other = new ResourceName("tools", "github");
        var byDefault = Meshes.view(Meshes.agent("agents", "a", "{serviceAccountName: a}"))
                .agents()
                .getFirst();
        var none = Meshes.view(Meshes.agent("agents", "a", "{serviceAccountName: a, servers: []}"))
                .agents()
                .getFirst();
        var some = Meshes.view(Meshes.agent(
                        "agents", "a", "{serviceAccountName: a, servers: [{namespace: tools, name: 'git*'}]}"))
                .agents()
                .getFirst();

        assertThat(Consent.takes(byDefault, own)).isTrue();
        assertThat(Consent.takes(byDefault, other)).isFalse();
        assertThat(Consent.takes(none, own)).isFalse();
        assertThat(Consent.takes(some, other)).isTrue();
        assertThat(Consent.takes(some, own)).isFalse();
        assertThat(Consent.takes(some, new ResourceName("tools", "jira"))).isFalse();
    }

    @Test
    void policiesAddUpInTheOrderOfTheirNamesWhateverOrderTheyCameIn() {
        var a = grant("a", "allow: [{tools: [one]}]");
        var b = grant("b", "allow: [{tools: [two]}], deny: [{tools: [one]}]");
        var there = Meshes.view(GITHUB, TRIAGE, a, b);
        var back = Meshes.view(b, a, TRIAGE, GITHUB);

        var policies = Grants.of(there).policies(there.servers().getFirst());

        assertThat(policies).extracting(AccessPolicy::reference).containsExactly("tools/a", "tools/b");
        assertThat(Grants.of(back).policies(back.servers().getFirst())).isEqualTo(policies);
        AgentAccess access = Grants.of(there).agents(there.servers().getFirst()).getFirst();
        assertThat(access.decide(Question.listed(GuardedKind.TOOL, "one")).allows())
                .isFalse();
        assertThat(access.decide(Question.listed(GuardedKind.TOOL, "two")).allows())
                .isTrue();
    }

    @Test
    void whatDoesNotExistIsNamedAndTheRestHolds() {
        var view = Meshes.view(GITHUB, TRIAGE, Meshes.policy("tools", "p", """
                        {agents: [{namespace: agents, name: triage}, {namespace: agents, name: missing}],
                         servers: [{name: github}, {name: gone}], allow: [{tools: ["*"]}]}"""));

        var grants = Grants.of(view);
        var resolution = grants.resolution(view.policies().getFirst());

        assertThat(resolution.unresolved())
                .containsExactly(
                        "spec.servers[1]: SecureMcpServer tools/gone does not exist",
                        "spec.agents[1]: AgentIdentity agents/missing does not exist");
        assertThat(resolution.servers()).containsExactly(new ResourceName("tools", "github"));
        assertThat(resolution.agents()).containsExactly(new ResourceName("agents", "triage"));
        assertThat(grants.agents(view.servers().getFirst())).hasSize(1);
    }

    @Test
    void selectorsOverLabelsOfResourcesSelectTheOnesThatHaveThem() {
        var view = Meshes.view(GITHUB, TRIAGE, Meshes.policy("tools", "p", """
                        {agents: [{namespace: agents, selector: {matchLabels: {team: triage}}},
                                  {namespace: agents, selector: {matchLabels: {team: nobody}}},
                                  {namespace: agents, selector: {}}],
                         servers: [{selector: {matchLabels: {team: github}}}], allow: [{tools: ["*"]}]}"""));

        var resolution = Grants.of(view).resolution(view.policies().getFirst());

        assertThat(resolution.agents()).containsExactly(new ResourceName("agents", "triage"));
        assertThat(resolution.servers()).containsExactly(new ResourceName("tools", "github"));
        assertThat(resolution.unresolved()).isEmpty();
        assertThat(resolution.notes())
                .containsExactly(
                        "spec.agents[1].selector selects no AgentIdentity in namespace agents",
                        "spec.agents[2].selector selects no AgentIdentity in namespace agents");
    }

    @Test
    void aPolicyOpensOnlyServersOfItsOwnNamespace() {
        var view = Meshes.view(GITHUB, TRIAGE, Meshes.policy("agents", "p", """
                        {agents: [{namespace: agents, name: triage}], servers: [{name: github}], allow: [{tools: ["*"]}]}"""));

        assertThat(Grants.of(view).agents(view.servers().getFirst())).isEmpty();
        assertThat(Grants.of(view).resolution(view.policies().getFirst()).unresolved())
                .containsExactly("spec.servers[0]: SecureMcpServer agents/github does not exist");
    }

    @Test
    void namespacesWithoutTheLabelAreNotInTheMesh() {
        var policy = grant("reads", "allow: [{tools: ['*']}]");
        var noTools = Meshes.view(Set.of("agents"), GITHUB, TRIAGE, policy);
        var noAgents = Meshes.view(Set.of("tools"), GITHUB, TRIAGE, policy);

        assertThat(Grants.of(noTools).agents(noTools.servers().getFirst())).isEmpty();
        assertThat(Grants.of(noTools).resolution(noTools.policies().getFirst()).unresolved())
                .containsExactly("namespace tools is not in the mesh; label it stockade.dev/mesh: enabled");
        assertThat(Grants.of(noTools).taken(noTools.agents().getFirst())).isEmpty();
        assertThat(Grants.of(noAgents).agents(noAgents.servers().getFirst())).isEmpty();
        assertThat(Grants.of(noAgents)
                        .resolution(noAgents.policies().getFirst())
                        .unresolved())
                .containsExactly("spec.agents[0]: namespace agents is not in the mesh; label it stockade.dev/mesh:"
                        + " enabled");
    }

    @Test
    void eitherResourceSuspends() {
        var policy = grant("reads", "allow: [{tools: ['*']}]");
        var itself = Meshes.view(
                GITHUB,
                Meshes.agent(
                        "agents", "triage", "{serviceAccountName: t, servers: [{namespace: tools}], suspended: true}"),
                policy);
        var byTrust = Meshes.view(GITHUB, TRIAGE, policy, """
                apiVersion: stockade.dev/v1alpha1
                kind: MeshTrust
                metadata: {name: default}
                spec: {trustDomain: stockade.local, suspended: [{namespace: agents, name: triage, reason: drill}]}
                """);

        assertThat(Grants.of(itself).agents(itself.servers().getFirst()))
                .extracting(AgentAccess::suspended)
                .containsExactly(true);
        assertThat(Grants.of(byTrust).agents(byTrust.servers().getFirst()))
                .extracting(AgentAccess::suspended)
                .containsExactly(true);
    }

    @Test
    void aConditionThatDoesNotCompileNarrowsAnAllowAndWidensADeny() {
        var view = Meshes.view(GITHUB, TRIAGE, grant("reads", """
                allow: [{tools: [a], when: 'args.'}, {tools: [b, c]}],
                deny: [{tools: [c], when: 'args.'}]"""));

        AgentAccess access = Grants.of(view).agents(view.servers().getFirst()).getFirst();

        assertThat(access.decide(Question.listed(GuardedKind.TOOL, "a")).allows())
                .isFalse();
        assertThat(access.decide(Question.listed(GuardedKind.TOOL, "b")).allows())
                .isTrue();
        assertThat(access.decide(Question.listed(GuardedKind.TOOL, "c")).allows())
                .isFalse();
        assertThat(access.decide(Question.listed(GuardedKind.TOOL, "b")).toString())
                .contains("allow[1]");
    }

    @Test
    void aShadowPolicyGrantsNothing() {
        var view = Meshes.view(GITHUB, TRIAGE, grant("reads", "mode: Shadow, allow: [{tools: ['*']}]"));

        assertThat(Grants.of(view)
                        .granted(view.agents().getFirst(), view.servers().getFirst()))
                .isFalse();
    }

    @Test
    void clientFeaturesAreCompiled() {
        var view = Meshes.view(GITHUB, TRIAGE, grant("reads", "allow: [{clientFeatures: [sampling]}]"));

        AgentAccess access = Grants.of(view).agents(view.servers().getFirst()).getFirst();

        assertThat(access.permits(ClientFeature.SAMPLING)).isTrue();
        assertThat(access.permits(ClientFeature.ROOTS)).isFalse();
    }
}
