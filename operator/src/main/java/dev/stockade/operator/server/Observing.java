package dev.stockade.operator.server;

import dev.stockade.crds.common.Condition;
import dev.stockade.crds.server.Enforcement;
import dev.stockade.operator.status.Finding;
import dev.stockade.operator.status.Reason;

/** What {@code spec.enforcement: Observe} makes of a policy that every sidecar has acknowledged. Pure. */
final class Observing {
    private static final String SENTENCE =
            "spec.enforcement is Observe: what the policy refuses is recorded and gets through.";

    private Observing() {}

    /** False under Observe, however many have acknowledged; the message counts them all the same. */
    static Finding named(Enforcement enforcement, Finding acknowledged) {
        return enforcement == Enforcement.OBSERVE && acknowledged.isTrue()
                ? Finding.no(acknowledged.type(), Reason.OBSERVING, acknowledged.message())
                        .also(SENTENCE)
                : acknowledged;
    }

    /** What was published under Observe, as it was before it was named so: a new leader leaves it while sidecars report. */
    static Condition acknowledged(Condition published) {
        int sentence = published.message().indexOf(SENTENCE);
        return published.reason().equals(Reason.OBSERVING.word()) && sentence >= 0
                ? new Condition(
                        published.type(),
                        Condition.Status.TRUE,
                        published.observedGeneration(),
                        published.lastTransitionTime(),
                        Reason.ACKNOWLEDGED.word(),
                        published.message().substring(0, sentence).strip())
                : published;
    }
}
