package dev.stockade.cli.gitops;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.cli.gitops.Fleet.Ended;
import dev.stockade.crds.Definitions;
import dev.stockade.fixture.ApiServer;
import dev.stockade.fixture.GitOpsLibraries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each folder of the sample that a cluster is told to apply, put to a kube-apiserver that knows Stockade's kinds, Flux's and Argo CD's,
 * with strict validation: what it would refuse, or drop, fails.
 */
class GitOpsManifestsIT {
    private static final String DRY_RUN =
            "kubectl kustomize %s | kubectl apply --server-side --force-conflicts --dry-run=server --validate=strict -f -";

    @TempDir
    private static Path shared;

    @TempDir
    private Path folder;

    private static ApiServer server;
    private static Path kubeconfig;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        server = ApiServer.start(Files.createDirectory(shared.resolve("server")), Definitions.yaml());
        kubeconfig = Files.writeString(shared.resolve("kubeconfig"), server.kubeconfig());
        Fleet fleet = new Fleet(shared);
        Ended ended = fleet.run("""
            kubectl apply --server-side -f %1$s/flux.yaml -f %1$s/argo.yaml
            for namespace in tools agents flux-system argocd; do kubectl create namespace $namespace; done
            """.formatted(GitOpsLibraries.find().definitions()), kubeconfig);
        assertThat(ended.status()).as(ended.said()).isZero();
        server.awaitDefinitions();
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"overlays/staging", "overlays/production", "flux/staging", "flux/production", "argocd"})
    void anApiServerTakesEveryFieldOfEveryObject(String part) throws IOException, InterruptedException {
        Ended ended = Fleet.copiedTo(folder).run(DRY_RUN.formatted(part), kubeconfig);

        assertThat(ended.status()).as(ended.said()).isZero();
        assertThat(ended.said()).contains("serverside-applied (server dry run)");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        flux/staging     | flux/base/teams.yaml       | dependsOn       | dependOn       | dependOn
        flux/staging     | flux/base/stockade.yaml    | crds: Create    | crds: Make     | Unsupported value
        flux/staging     | flux/base/sources.yaml     | layerSelector   | selectLayer    | selectLayer
        argocd           | argocd/teams.yaml          | selfHeal        | selfHeals      | selfHeals
        argocd           | argocd/projects.yaml       | namespaceResourceWhitelist | namespaceWhitelist | namespaceWhitelist
        overlays/staging | base/tools/stockade.yaml   | restart: Evict  | restart: Never | Unsupported value
        """)
    void itWouldRefuseWhatIsWrong(String part, String file, String text, String by, String said)
            throws IOException, InterruptedException {
        Fleet fleet = Fleet.copiedTo(folder);
        fleet.replace(file, text, by);

        Ended ended = fleet.run(DRY_RUN.formatted(part), kubeconfig);

        assertThat(ended.status()).as(ended.said()).isNotZero();
        assertThat(ended.said()).contains(said);
    }

    /** Flux puts spec.patches into the kustomization that it builds; here it is put there by hand. */
    @Test
    void fluxAppliesTheTeamsAsAccountsOfItsOwnNamespace() throws IOException, InterruptedException {
        Fleet fleet = Fleet.copiedTo(folder);
        Files.createDirectories(folder.resolve("built"));

        Ended ended = fleet.run("""
            printf 'resources: [../overlays/staging/platform]\\n' >built/kustomization.yaml
            sed -n '/^  patches:/,$p' flux/base/platform.yaml | sed 's/^  //' >>built/kustomization.yaml
            kubectl kustomize built
            """, kubeconfig);

        assertThat(ended.status()).as(ended.said()).isZero();
        assertThat(ended.said())
                .containsPattern("name: deployer-owns-servers\\n"
                        + "  namespace: tools\\n"
                        + "(?s:.*?)name: tools-deployer\\n"
                        + "  namespace: flux-system")
                .containsPattern("name: deployer-owns-agents\\n"
                        + "  namespace: agents\\n"
                        + "(?s:.*?)name: agents-deployer\\n"
                        + "  namespace: flux-system");
    }

    @Test
    void whatFluxHasAppliedDoesNotDrift() throws IOException, InterruptedException {
        GitOpsLibraries libraries = GitOpsLibraries.find().at(kubeconfig);
        String all = Fleet.copiedTo(folder)
                .run("kubectl kustomize overlays/production", kubeconfig)
                .said();

        List<JsonNode> applied = libraries.ask(all, "apply");

        assertThat(libraries.ask(all, "drift"))
                .filteredOn(one -> one.path("by").asText().equals("flux"))
                .hasSameSizeAs(applied)
                .allSatisfy(one -> assertThat(one.path("action").asText()).isEqualTo("unchanged"));
        assertThat(libraries.ask(all, "apply"))
                .hasSameSizeAs(applied)
                .allSatisfy(one -> assertThat(one.path("action").asText()).isEqualTo("unchanged"));
    }

    /** Argo CD compares in three ways, two of which take literally what stands in the chart. */
    @Test
    void theDefinitionsDoNotDriftForWhomeverComparesThem() throws IOException, InterruptedException {
        String definitions = String.join("\n---\n", Definitions.yaml());

        List<JsonNode> seen = GitOpsLibraries.find().at(kubeconfig).ask(definitions, "drift");

        assertThat(seen)
                .filteredOn(one -> one.path("by").asText().startsWith("argo"))
                .hasSize(12)
                .allSatisfy(one -> assertThat(one.path("action").asText()).isEqualTo("unchanged"));
    }
}
