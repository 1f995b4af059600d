package dev.stockade.sidecar.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.identity.TrustBundle;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.random.RandomGenerator;

/** When certificates are to be asked for anew. */
final class RenewalTime {
    private static final Duration SOONEST = Duration.ofSeconds(1);
    /** A tenth of the half of a life: what pods that started together are spread over. */
    private static final int PART_OF_LIFE = 20;

    private final Duration spread;
    private final RandomGenerator random;

    /** @param spread the longest that a certificate of a former issuer is kept */
    RenewalTime(Duration spread, RandomGenerator random) {
        this.spread = requireNonNull(spread);
        this.random = requireNonNull(random);
    }

    /**
     * At half of the shortest life or a little before, counted from when a certificate came. At once where the issuer of one
     * is no longer believed, and within the spread where it is not the one that issues now: the rotation waits for us.
     */
    Instant of(Collection<Svid> svids, TrustBundle trust, Instant now) {
        Instant soonest = Instant.MAX;
        for (Svid svid : svids) {
            Instant due;
            if (!trust.issuers().contains(svid.issuer())) {
                due = now;
            } else if (!trust.issuesNow(svid.issuer())) {
                due = now.plus(somethingOf(spread));
            } else {
                Duration half =
                        svid.life().dividedBy(2).minus(somethingOf(svid.life().dividedBy(PART_OF_LIFE)));
                due = svid.since().plus(half.compareTo(SOONEST) < 0 ? SOONEST : half);
            }
            soonest = due.isBefore(soonest) ? due : soonest;
        }
        return soonest;
    }

    /** A random part of it. */
    Duration somethingOf(Duration longest) {
        return Duration.ofMillis(random.nextLong(longest.toMillis() + 1));
    }

    /** A random part of the spread. */
    Duration withinSpread() {
        return somethingOf(spread);
    }
}
