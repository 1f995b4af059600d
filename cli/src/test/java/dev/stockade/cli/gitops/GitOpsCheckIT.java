package dev.stockade.cli.gitops;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.cli.gitops.Fleet.Ended;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The sample repository's own CI: the commands that its pipelines run, on the sample and on changes that must not be merged. */
class GitOpsCheckIT {
    @TempDir
    private Path folder;

    private Fleet fleet = new Fleet(Path.of("."));

    @BeforeEach
    void copy() throws IOException {
        fleet = Fleet.copiedTo(folder);
    }

    @ParameterizedTest
    @ValueSource(strings = {".github/workflows/policy.yaml", ".gitlab-ci.yml"})
    void whatThePipelineRunsPassesOnTheSample(String pipeline) throws IOException, InterruptedException {
        for (String command : commands(pipeline)) {
            Ended ended = fleet.run(command);

            assertThat(ended.status()).as(ended.said()).isZero();
            assertThat(ended.said()).contains("11 passed, 0 failed");
            assertThat(folder.resolve("policy.xml")).content().contains("<testsuite");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        base/tools/stockade.yaml       | tools: [echo]           | tools: ["*"]            | 1 | expected deny, is allow
        base/tools/stockade.yaml       | tools: [get-env]        | tools: [get-environ]    | 1 | expected deny[0]
        base/tools/stockade.yaml       | name: triage}]          | selector: {}}]          | 2 | an empty selector
        base/tools/stockade.yaml       | when: args.a            | wehn: args.a            | 2 | unknown field "spec.allow[1].wehn"
        base/tools/stockade.yaml       | args.b < 1000           | args.b < "1000"         | 1 | cannot be evaluated
        base/tools/stockade.yaml       | port: 3001              | port: 300100            | 2 | spec.port
        base/agents/stockade.yaml      | name: triage            | name: triag             | 2 | Did you mean
        base/agents/stockade.yaml      | name: everything}       | name: other}            | 1 | is deny
        base/platform/namespaces.yaml  | stockade.dev/mesh: enabled | stockade.dev/mesh: off | 1 | is deny
        overlays/production/tools/kustomization.yaml | /spec/allow/1 | /spec/allow/7      | 1 | error in remove for path
        overlays/production/tools/kustomization.yaml | - op: remove  | - op: test         | 1 | test failed
        argocd/kustomization.yaml      | health/stockade.lua     | health/other.lua        | 1 | other.lua
        flux/production/kustomization.yaml | name: agents        | name: agent         | 1 | flux/production leads to ./overlays/staging/agents
        """)
    void aBadChangeFailsTheCheckAndIsNamed(String file, String text, String by, int status, String said)
            throws IOException, InterruptedException {
        fleet.replace(file, text, by);

        Ended ended = fleet.run("./check");

        assertThat(ended.said()).contains(said);
        assertThat(ended.status()).as(ended.said()).isEqualTo(status);
    }

    @Test
    void everyActionOfOthersIsPinnedByItsHash() throws IOException {
        List<String> uses = new ArrayList<>();
        steps().forEach(step -> {
            if (step.has("uses")) {
                uses.add(step.path("uses").asText());
            }
        });

        assertThat(uses).isNotEmpty().allSatisfy(one -> assertThat(one).matches("[a-z-]+/[a-z-]+@[0-9a-f]{40}"));
    }

    /** All that a pipeline runs, but for what fetches the plugin, which here is the one that was packaged. */
    private List<String> commands(String pipeline) throws IOException {
        List<String> commands = new ArrayList<>();
        if (pipeline.startsWith(".github")) {
            steps().forEach(step -> {
                if (step.has("run") && !step.path("name").asText().equals("Install kubectl stockade")) {
                    commands.add(step.path("run").asText());
                }
            });
        } else {
            read(pipeline).path("policy").path("script").forEach(line -> commands.add(line.asText()));
        }
        assertThat(commands).isNotEmpty();
        return commands;
    }

    private JsonNode steps() throws IOException {
        return read(".github/workflows/policy.yaml").path("jobs").path("check").path("steps");
    }

    private JsonNode read(String file) throws IOException {
        return Serialization.unmarshal(Files.readString(folder.resolve(file)), JsonNode.class);
    }
}
