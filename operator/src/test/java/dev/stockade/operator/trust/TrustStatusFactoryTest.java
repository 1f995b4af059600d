package dev.stockade.operator.trust;

import static dev.stockade.operator.status.Sidecars.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.crds.trust.MeshTrustSpec;
import dev.stockade.crds.trust.MeshTrustStatus;
import dev.stockade.operator.authority.AuthorityState;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrustStatusFactoryTest {
    private static final String ROOT = "ab".repeat(32);
    private static final AuthorityState USABLE =
            new AuthorityState.Usable(List.of(), ROOT, NOW.plus(Duration.ofDays(3650)), NOW.plus(Duration.ofDays(30)));

    private static MeshTrust trust() {
        MeshTrust trust = new MeshTrust();
        trust.setMetadata(
                new ObjectMetaBuilder().withName("default").withGeneration(3L).build());
        trust.setSpec(MeshTrustSpec.of("stockade.local"));
        return trust;
    }

    private static List<String> states(MeshTrustStatus status) {
        return status.conditions().stream()
                .map(c -> c.type() + " " + c.status() + " " + c.reason())
                .toList();
    }

    @Test
    void aUsableAuthorityIsReadyAndNamesItsRoot() {
        MeshTrustStatus status = TrustStatusFactory.of(trust(), USABLE, NOW);

        assertThat(states(status))
                .containsExactly("Ready TRUE Usable", "Stalled FALSE NotStalled", "Rotating FALSE Stable");
        assertThat(status.rootSha256()).isEqualTo(ROOT);
    }

    @Test
    void aRootThatWasNamedStaysNamedWhenItIsGone() {
        MeshTrust trust = trust();
        trust.setStatus(TrustStatusFactory.of(trust, USABLE, NOW));

        MeshTrustStatus status = TrustStatusFactory.of(
                trust, new AuthorityState.Refusing("Secret stockade-ca is gone. Restore it.", true), NOW);

        assertThat(states(status)).contains("Ready FALSE AuthorityRefuses", "Stalled TRUE AuthorityRefuses");
        assertThat(status.rootSha256()).isEqualTo(ROOT);
    }

    @Test
    void whatPassesByItselfIsNotStalled() {
        MeshTrustStatus status =
                TrustStatusFactory.of(trust(), new AuthorityState.Refusing("Not read yet.", false), NOW);

        assertThat(states(status)).contains("Ready FALSE AuthorityRefuses", "Stalled FALSE NotStalled");
    }
}
