package dev.stockade.sidecar.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.model.audit.AuditEvent;
import dev.stockade.model.audit.AuditEvent.Measures;
import dev.stockade.model.audit.AuditEvent.Outcome;
import dev.stockade.model.audit.AuditEvent.Parties;
import dev.stockade.model.audit.AuditEvent.Phase;
import dev.stockade.model.audit.AuditEvent.Ruling;
import dev.stockade.model.audit.AuditEvent.Subject;
import dev.stockade.model.audit.RecordedArguments;
import dev.stockade.model.policy.Reason;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class TallyTest {
    private final Tally tally = new Tally();

    private static AuditEvent decided(Ruling ruling) {
        return new AuditEvent(
                Instant.EPOCH,
                new UUID(1, 2),
                Phase.DECISION,
                new Parties("a", "b", "c", "d"),
                new Subject("tools/call", "tool", "echo"),
                ruling,
                Optional.empty(),
                1,
                RecordedArguments.NONE,
                Measures.received(1),
                "",
                "");
    }

    @Test
    void anAllowedMessageIsOneDecisionAndOneOutcomeWithItsTime() {
        AuditEvent first = decided(Ruling.ALLOWED);

        tally.count(first);
        tally.count(first.outcome(Instant.EPOCH, new Measures(1, 2, 1_500_000, Optional.of(Outcome.TOOL_ERROR))));

        assertThat(tally.decisions().filter(d -> d.count() > 0)).containsExactly(new Tally.Decided("allow", "none", 1));
        assertThat(tally.outcomes().filter(o -> o.count() > 0)).containsExactly(new Tally.Ended("tool_error", 1));
        assertThat(tally.ended()).isEqualTo(1);
        assertThat(tally.seconds()).isEqualTo(1.5);
    }

    @Test
    void everyReasonIsThereBeforeItHappens() {
        tally.count(decided(Ruling.refused(Reason.STALE)));

        assertThat(tally.decisions().filter(d -> d.verdict().equals("deny")))
                .hasSize(Reason.values().length)
                .contains(new Tally.Decided("deny", "stale", 1), new Tally.Decided("deny", "no_grant", 0));
    }
}
