package dev.stockade.operator.status;

import dev.stockade.crds.common.Condition;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/** From findings to conditions. */
public final class Conditions {
    public static final String READY = "Ready";
    public static final String STALLED = "Stalled";
    public static final String ACCEPTED = "Accepted";
    public static final String INJECTED = "Injected";
    public static final String MESH_ONLY = "MeshOnly";
    public static final String POLICY_ENFORCED = "PolicyEnforced";
    public static final String ENFORCED = "Enforced";
    public static final String SUSPENDED = "Suspended";
    public static final String ROTATING = "Rotating";

    private Conditions() {}

    /**
     * The findings as conditions of that generation. One whose status is as before keeps its time.
     *
     * @param before as published
     */
    public static List<Condition> of(List<Finding> findings, long generation, List<Condition> before, Instant now) {
        return findings.stream()
                .map(finding -> new Condition(
                        finding.type(),
                        finding.status(),
                        generation,
                        find(before, finding.type())
                                .filter(c -> c.status() == finding.status())
                                .map(Condition::lastTransitionTime)
                                .orElseGet(() ->
                                        now.truncatedTo(ChronoUnit.SECONDS).toString()),
                        finding.reason(),
                        finding.message()))
                .toList();
    }

    /** The condition of that type. */
    public static Optional<Condition> find(List<Condition> conditions, String type) {
        return conditions.stream().filter(c -> c.type().equals(type)).findFirst();
    }

    /**
     * Ready: the first finding that is not True, else what {@code otherwise} says.
     *
     * @param inOrder what Ready depends on, the cause before its effects
     */
    public static Finding ready(Finding otherwise, Finding... inOrder) {
        for (Finding finding : inOrder) {
            if (!finding.isTrue()) {
                return finding.as(READY);
            }
        }
        return otherwise.as(READY);
    }

    /** Stalled: only a user can mend it. */
    public static Finding stalled(Reason reason, String message) {
        return Finding.yes(STALLED, reason, message);
    }

    /** Stalled, for what that finding says. */
    public static Finding stalledBy(Finding cause) {
        return new Finding(STALLED, Condition.Status.TRUE, cause.reason(), cause.message());
    }

    /** Stalled is False: whatever is missing comes by waiting. */
    public static Finding progressing() {
        return Finding.no(STALLED, Reason.NOT_STALLED, "");
    }
}
