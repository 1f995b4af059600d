package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.audit.AuditEvent;
import dev.stockade.model.audit.AuditEvent.Measures;
import dev.stockade.model.audit.AuditEvent.Outcome;
import dev.stockade.model.audit.AuditEvent.Parties;
import dev.stockade.model.audit.AuditEvent.Phase;
import dev.stockade.model.audit.AuditEvent.Ruling;
import dev.stockade.model.audit.AuditEvent.Subject;
import dev.stockade.model.audit.RecordedArguments;
import dev.stockade.model.audit.UuidV7;
import dev.stockade.model.policy.Decision;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** What the audit log says of one message: gathers it, and makes the two lines. */
final class Attempt {
    private final Clock clock;
    private final Parties parties;
    private final Instant time;
    private final UUID id;
    private final long startNanos = System.nanoTime();
    private @Nullable AuditEvent decision;

    long generation;
    long requestBytes = -1;
    /** What would have been decided if the policies in shadow were enforced, too. */
    Optional<Decision> shadow = Optional.empty();

    String traceId = "";
    String session = "";
    RecordedArguments arguments = RecordedArguments.NONE;

    Attempt(Clock clock, Parties parties) {
        this.clock = requireNonNull(clock);
        this.parties = requireNonNull(parties);
        time = clock.instant();
        id = UuidV7.at(time, ThreadLocalRandom.current());
    }

    /** The {@code auditId} of a denial. */
    String id() {
        return id.toString();
    }

    /** The first line. */
    AuditEvent decided(Subject subject, Ruling ruling) {
        AuditEvent event = new AuditEvent(
                time,
                id,
                Phase.DECISION,
                parties,
                subject,
                ruling,
                shadow,
                generation,
                arguments,
                Measures.received(requestBytes),
                traceId,
                session);
        decision = event;
        return event;
    }

    /** The second line; empty where there was no first, or the second was made. */
    Optional<AuditEvent> done(Outcome outcome, long responseBytes) {
        AuditEvent first = decision;
        if (first == null) {
            return Optional.empty();
        }
        decision = null;
        long micros = (System.nanoTime() - startNanos) / 1000;
        return Optional.of(first.outcome(
                clock.instant(), new Measures(requestBytes, responseBytes, micros, Optional.of(outcome))));
    }
}
