package dev.stockade.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.cli.ExitCodes;
import dev.stockade.cli.Run;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xml.sax.InputSource;

class PolicyTestCommandTest {
    @TempDir
    private Path folder;

    @BeforeEach
    void mesh() throws IOException {
        Files.createDirectories(folder.resolve("mesh"));
        write("mesh/mesh.yaml", """
                apiVersion: stockade.dev/v1alpha1
                kind: SecureMcpServer
                metadata: {name: github, namespace: tools}
                spec: {selector: {matchLabels: {app: github}}, port: 3000}
                ---
                apiVersion: stockade.dev/v1alpha1
                kind: AgentIdentity
                metadata: {name: triage, namespace: agents}
                spec: {serviceAccountName: triage, servers: [{namespace: tools}]}
                ---
                apiVersion: stockade.dev/v1alpha1
                kind: McpAccessPolicy
                metadata: {name: reads, namespace: tools}
                spec:
                  agents: [{namespace: agents, name: triage}]
                  servers: [{name: github}]
                  allow: [{tools: [get_issue]}]
                ---
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: passed-over}
                """);
    }

    private void write(String file, String text) throws IOException {
        Files.writeString(folder.resolve(file), text);
    }

    private void cases(String cases) throws IOException {
        write("cases.yaml", "policies: [mesh]\ncases:\n" + cases.indent(2));
    }

    private Run test(String... more) {
        String[] arguments = new String[more.length + 3];
        arguments[0] = "policy";
        arguments[1] = "test";
        arguments[2] = "cases.yaml";
        System.arraycopy(more, 0, arguments, 3, more.length);
        return Run.in(folder, arguments);
    }

    @Test
    void casesThatAreAsExpectedPass() throws IOException {
        cases("""
                - {agent: triage, server: github, call: get_issue, args: {number: 1}, expect: allow, policy: tools/reads, rule: "allow[0]"}
                - {agent: triage, server: github, call: x, expect: deny, reason: policy_denied,
                   message: "denied by policy: tool 'x' is not allowed for this workload"}
                - {agent: triage, server: github, connect: true, expect: allow}
                """);

        Run run = test();

        assertThat(run.out())
                .startsWith("ok    cases.yaml:3: triage call get_issue at github: allow\n")
                .endsWith("\n3 passed, 0 failed\n");
        assertThat(run.code()).isEqualTo(ExitCodes.YES);
    }

    @Test
    void aCaseThatIsNotAsExpectedFailsAndSaysWhatIs() throws IOException {
        cases("- {agent: triage, server: github, call: x, expect: allow, rule: \"allow[0]\"}\n");

        Run run = test();

        assertThat(run.out())
                .contains(
                        "FAIL  cases.yaml:3: triage call x at github: allow",
                        "expect: expected allow, is deny",
                        "rule: expected allow[0], is nothing",
                        "reason: policy_denied",
                        "0 passed, 1 failed");
        assertThat(run.code()).isEqualTo(ExitCodes.NO);
    }

    /** A mistyped name must not look like a refusal that was expected. */
    @Test
    void aCaseAboutNothingCannotBeAsked() throws IOException {
        cases("""
                - {agent: triag, server: github, call: x, expect: deny}
                - {agent: triage, server: github, call: x, expect: deny}
                """);

        Run run = test();

        assertThat(run.out())
                .contains("ERROR cases.yaml:3", "Did you mean agents/triage?", "1 passed, 0 failed, 1 cannot be asked");
        assertThat(run.code()).isEqualTo(ExitCodes.UNUSABLE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{agent: a, server: b, call: x} | :3:3: expect is missing or none of allow, deny, observe-deny.",
                "{agent: a, server: b, call: x, expect: maybe} | :3:44: expect is missing or none",
                "{agent: a, server: b, call: x, get: z, expect: deny} | :3:3: a case has exactly one of call",
                "{agent: a, server: b, expect: deny} | :3:3: a case has exactly one of call",
                "{server: b, call: x, expect: deny} | :3:3: agent is missing or not a text.",
                "{agent: a, server: b, call: x, expect: deny, rul: x} | :3:55: there is no rul here; there are agent,",
                "{agent: a, server: b, read: 'x:y', args: {}, expect: deny} | :3:46: args are sent with call and get alone.",
                "{agent: a, server: b, connect: false, expect: deny} | :3:36: connect is asked with connect: true.",
                "hello | :3:5: an object with some of these is wanted",
            })
    void aTableThatCannotBeUsedIsToldWithItsPlace(String line, String sentence) throws IOException {
        cases("- " + line + "\n");

        Run run = test();

        assertThat(run.err()).contains("cases.yaml" + sentence.replace(":3:3:", ":3:5:"));
        assertThat(run.out()).isEmpty();
        assertThat(run.code()).isEqualTo(ExitCodes.UNUSABLE);
    }

    @Test
    void aManifestThatTheApiServerWouldRefuseIsToldWithItsPlace() throws IOException {
        write("mesh/bad.yaml", """
                apiVersion: stockade.dev/v1alpha1
                kind: McpAccessPolicy
                metadata: {name: bad, namespace: tools}
                spec:
                  agents: [{namespace: agents, name: triage}]
                  servers: [{name: github, selector: {matchLabels: {a: b}}}]
                  allow:
                    - tools: ["a", "a"]
                    - toools: [x]
                """);
        cases("- {agent: triage, server: github, call: x, expect: deny}\n");

        Run run = test();

        assertThat(run.err().lines())
                .containsExactly(
                        "mesh/bad.yaml:8:20: McpAccessPolicy tools/bad: spec.allow[0].tools[1]: Duplicate value: \"a\"",
                        "mesh/bad.yaml:9:15: McpAccessPolicy tools/bad: unknown field \"spec.allow[1].toools\"");
        assertThat(run.code()).isEqualTo(ExitCodes.UNUSABLE);
    }

    /** Such a number once ended the program: no schema says what a label is. */
    @Test
    void aLabelThatIsANumberIsToldWithItsPlace() throws IOException {
        write("mesh/bad.yaml", """
                apiVersion: stockade.dev/v1alpha1
                kind: AgentIdentity
                metadata: {name: bad, namespace: agents, labels: {a: 1.5, b: 99999999999999999999}}
                spec: {serviceAccountName: x}
                """);
        cases("- {agent: triage, server: github, call: x, expect: deny}\n");

        Run run = test();

        assertThat(run.err())
                .contains(
                        "mesh/bad.yaml:3:54: AgentIdentity agents/bad: metadata.labels.a: Invalid value: 1.5: a text is"
                                + " wanted; quote it");
        assertThat(run.code()).isEqualTo(ExitCodes.UNUSABLE);
    }

    @Test
    void theSameResourceTwiceIsTold() throws IOException {
        write("mesh/more.yaml", Files.readString(folder.resolve("mesh/mesh.yaml")));
        cases("- {agent: triage, server: github, call: x, expect: deny}\n");

        assertThat(test().err())
                .contains("mesh/more.yaml:6:1: AgentIdentity agents/triage stands at mesh/mesh.yaml:6:1 as well;"
                        + " remove one of the two");
    }

    @Test
    void theResultIsJsonForPrograms() throws IOException {
        cases("""
                - {agent: triage, server: github, call: get_issue, expect: allow}
                - {agent: triage, server: github, call: get_issue, expect: deny}
                """);

        Run run = test("-o", "json");

        JsonNode json = new ObjectMapper().readTree(run.out());
        assertThat(json.path("passed").asInt()).isEqualTo(1);
        assertThat(json.path("failed").asInt()).isEqualTo(1);
        assertThat(json.at("/cases/1/result").asText()).isEqualTo("failed");
        assertThat(json.at("/cases/1/line").asInt()).isEqualTo(4);
        assertThat(json.at("/cases/1/answer/rule").asText()).isEqualTo("allow[0]");
        assertThat(run.code()).isEqualTo(ExitCodes.NO);
    }

    @Test
    void theResultIsXmlForCi() throws Exception {
        cases("""
                - {name: "<&\\"\\x01\\uFFFF>", agent: triage, server: github, call: get_issue, expect: deny}
                - {agent: triage, server: github, call: get_issue, expect: allow}
                """);

        test("--junit", "out.xml");

        var suite = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(Files.readString(folder.resolve("out.xml")))))
                .getDocumentElement();
        assertThat(suite.getAttribute("tests")).isEqualTo("2");
        assertThat(suite.getAttribute("failures")).isEqualTo("1");
        assertThat(suite.getElementsByTagName("testcase")
                        .item(0)
                        .getAttributes()
                        .getNamedItem("name")
                        .getNodeValue())
                .startsWith("<&\"\ufffd\ufffd>");
        assertThat(suite.getElementsByTagName("failure").getLength()).isEqualTo(1);
    }
}
