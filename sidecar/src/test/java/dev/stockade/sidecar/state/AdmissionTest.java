package dev.stockade.sidecar.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.model.policy.AgentAccess;
import dev.stockade.model.policy.Reason;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AdmissionTest {
    private static final SpiffeId AGENT = new SpiffeId("td", "agents", WorkloadKind.AGENT, "triage");
    private static final SpiffeId OTHER = new SpiffeId("td", "agents", WorkloadKind.AGENT, "other");
    private static final SpiffeId SERVER = new SpiffeId("td", "tools", WorkloadKind.MCP, "github");

    private static Admission compiledAt(long pods, boolean suspended) {
        return new Admission(
                Map.of(AGENT, new AgentAccess(AGENT, "triage", SERVER, suspended, List.of())),
                Map.of(AGENT, Set.of("live")),
                pods);
    }

    private static Optional<BoundPod> pod(String uid, long signedAt) {
        return Optional.of(new BoundPod("agents", "triage-0", uid, signedAt));
    }

    @Test
    void aListedIdentityOfALivePodIsAdmitted() {
        assertThat(compiledAt(100, false).refusal(AGENT, pod("live", 50))).isEmpty();
    }

    @Test
    void aPodThatIsMissingIsWithdrawnIfTheSnapshotKnewOfItAndNewerIfNot() {
        assertThat(compiledAt(100, false).refusal(AGENT, pod("gone", 99))).contains(Reason.IDENTITY_REFUSED);
        assertThat(compiledAt(100, false).refusal(AGENT, pod("gone", 100))).contains(Reason.IDENTITY_REFUSED);
        assertThat(compiledAt(100, false).refusal(AGENT, pod("new", 101))).isEmpty();
    }

    @Test
    void suspensionTheMissingGrantTheMissingPodAndTheWrongKindEachSayWhy() {
        assertThat(compiledAt(100, true).refusal(AGENT, pod("live", 50))).contains(Reason.SUSPENDED);
        assertThat(compiledAt(100, false).refusal(OTHER, pod("live", 50))).contains(Reason.NO_GRANT);
        assertThat(compiledAt(100, false).refusal(AGENT, Optional.empty())).contains(Reason.IDENTITY_REFUSED);
        assertThat(compiledAt(100, false).refusal(SERVER, pod("live", 50))).contains(Reason.IDENTITY_REFUSED);
    }
}
