package dev.stockade.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.e2e.mesh.Authority;
import dev.stockade.e2e.mesh.Chart;
import dev.stockade.e2e.mesh.Disturbing;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.Rotation;
import dev.stockade.e2e.mesh.Rotation.Steps;
import dev.stockade.e2e.mesh.Soak;
import dev.stockade.e2e.mesh.Waiting;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A mesh that runs is given an existing CA as its root, is shown a broken one, and makes its own again, under traffic. */
@Disturbing
@Order(50)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class ExistingAuthorityE2E {
    private static final String SECRET = "corporate-ca";
    private static final String[] STEPS = {"Stable", "Root/TrustNew", "Root/SignWithNew", "Root/DropOld", "Stable"};

    @TempDir
    static Path folder;

    private final Mesh mesh;
    private final Rotation rotation;
    private final Soak soak;
    private Authority corporate = new Authority("", "");

    ExistingAuthorityE2E(Mesh mesh) {
        this.mesh = mesh;
        rotation = mesh.rotation();
        soak = mesh.soak();
    }

    @BeforeAll
    void make() {
        corporate = Authority.make(folder, "corporate");
    }

    @AfterAll
    void end() {
        System.out.println("e2e: the soak: " + soak.latest());
        mesh.endSoak();
        mesh.client().secrets().inNamespace(Chart.NAMESPACE).withName(SECRET).delete();
    }

    @Test
    @Order(1)
    void theExistingAuthorityBecomesTheRootInThreeSteps() {
        corporate.write(mesh.client(), SECRET, corporate.key());
        try (Steps steps = rotation.steps()) {

            mesh.chart().upgrade("caSecretName", SECRET);

            rotation.awaitRoot("the existing CA is the root", corporate.sha256()::equals);
            assertThat(steps.seen()).containsExactly(STEPS);
        }
        mesh.trust().await("Ready", "True");
        soak.assertUnharmed("the change to an existing CA");
    }

    @Test
    @Order(2)
    void aBrokenSecretIsRefusedInASentenceAndTheLastGoodOneStays() {
        corporate.write(mesh.client(), SECRET, Authority.make(folder, "another").key());

        Waiting.until(
                "MeshTrust says what is wrong with the Secret",
                () -> mesh.trust().conditions(),
                this::isRefused);
        assertThat(rotation.roots()).containsExactly(corporate.sha256());
        soak.assertUnharmed("a broken Secret");

        corporate.write(mesh.client(), SECRET, corporate.key());
        Waiting.until(
                "MeshTrust says no more that the Secret is wrong",
                () -> mesh.trust().conditions(),
                () -> !isRefused());
        mesh.trust().await("Ready", "True");
    }

    @Test
    @Order(3)
    void theMeshMakesItsOwnAuthorityAgain() {
        try (Steps steps = rotation.steps()) {

            mesh.chart().upgrade("caSecretName", "");

            rotation.awaitRoot("the root is one that the operator made", root -> !root.equals(corporate.sha256()));
            assertThat(steps.seen()).containsExactly(STEPS);
        }
        mesh.trust().await("Ready", "True");
        soak.assertUnharmed("the change back to an own CA");
    }

    private boolean isRefused() {
        return mesh.trust().conditions().stream()
                .anyMatch(condition -> condition.message().contains(SECRET)
                        && condition.message().contains("tls.key"));
    }
}
