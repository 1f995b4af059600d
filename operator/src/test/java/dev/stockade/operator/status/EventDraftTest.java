package dev.stockade.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.crds.common.Condition;
import dev.stockade.crds.trust.MeshTrust;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All events of the operator have one form. */
class EventDraftTest {
    private static final Instant AT = Instant.parse("2026-03-01T10:00:00.123Z");
    private static final ObjectReference POD = new ObjectReferenceBuilder()
            .withApiVersion("v1")
            .withKind("Pod")
            .withNamespace("agents")
            .withName("triage-1")
            .withUid("u-1")
            .build();

    @ParameterizedTest
    @EnumSource
    void anEventHasTheWordAndTheTypeOfItsReason(EventReason reason) {
        Event event = EventDraft.of(POD, reason, "So it is.").event("operator-0", AT);

        assertThat(event.getReason()).isEqualTo(reason.word()).matches("[A-Z][A-Za-z]+");
        assertThat(event.getType()).isEqualTo(reason.warning() ? "Warning" : "Normal");
        assertThat(event.getMessage()).isEqualTo("So it is.");
        assertThat(event.getInvolvedObject()).isEqualTo(POD);
        assertThat(event.getMetadata().getNamespace()).isEqualTo("agents");
        assertThat(event.getMetadata().getGenerateName()).isEqualTo("triage-1.");
        assertThat(event.getFirstTimestamp()).isEqualTo("2026-03-01T10:00:00Z");
        assertThat(event.getReportingComponent()).isEqualTo("stockade-operator");
        assertThat(event.getReportingInstance()).isEqualTo("operator-0");
    }

    @Test
    void theChangeOfAConditionHasItsReason() {
        MeshTrust trust = new MeshTrust();
        trust.setMetadata(new ObjectMetaBuilder().withName("default").build());
        Condition condition = new Condition(
                "Ready", Condition.Status.FALSE, 1, "2026-03-01T10:00:00Z", Reason.AUTHORITY_REFUSES.word(), "No.");

        Event event =
                EventDraft.of(trust, condition, true, "Ready is False. No.").event("operator-0", AT);

        assertThat(event.getReason()).isEqualTo("AuthorityRefuses");
        assertThat(event.getType()).isEqualTo("Warning");
        // what has no namespace is told where kubectl describe looks
        assertThat(event.getMetadata().getNamespace()).isEqualTo("default");
    }

    @Test
    void whatIsWrittenOnceHasTheSameNameOnEveryReplicaAndInEveryRelease() {
        String one = name(EventDraft.of(POD, EventReason.SUSPENDED, "Because."), "operator-0", "3/1");
        String other = name(EventDraft.of(POD, EventReason.SUSPENDED, "For a reason."), "operator-1", "3/1");
        String later = name(EventDraft.of(POD, EventReason.SUSPENDED, "Because."), "operator-0", "5/1");

        assertThat(one).isEqualTo(other).startsWith("triage-1.").hasSize("triage-1.".length() + 16);
        assertThat(later).isNotEqualTo(one);
    }

    @Test
    void whatIsTooLongIsCut() {
        ObjectReference long253 =
                new ObjectReferenceBuilder(POD).withName("a".repeat(253)).build();

        Event event = EventDraft.of(long253, EventReason.CERTIFICATE_REFUSED, "x".repeat(5000))
                .event("operator-0", AT, "1");

        assertThat(event.getMessage()).hasSize(1024);
        assertThat(event.getMetadata().getName()).hasSize(200 + 1 + 16);
    }

    private static String name(EventDraft draft, String instance, String occasion) {
        return draft.event(instance, AT, occasion).getMetadata().getName();
    }
}
