package dev.stockade.sidecar.tunnel;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How long one connection may be used, and for what. Pure.
 *
 * <p>Its streams may live longer than the certificates that it began with, for a call must not fail since a certificate was
 * renewed; but from their end on only while everything that a new handshake would show is known to hold.
 *
 * @param opened when the handshake ended
 * @param ends when the first of the two certificates that were shown in it ends
 */
public record Tenure(Instant opened, Instant ends) {
    /** How recently the operator must have confirmed the rules, once a certificate has ended. */
    public static final Duration CONFIRMED_WITHIN = Duration.ofMinutes(2);
    /** How long open streams may take to finish once the peer's issuer is not accepted any more. */
    static final Duration DISTRUSTED = Duration.ofMinutes(5);
    /** How long open streams may go on after the end, whatever holds. */
    static final Duration LONGEST = Duration.ofHours(24);
    /** How often it is looked at. */
    static final Duration LOOK = Duration.ofSeconds(30);

    /** What is to become of the connection. */
    public enum Verdict {
        /** It is used for new streams. */
        KEEP,
        /** New streams go elsewhere, and those that are open go on. */
        RETIRE,
        /** It ends now, with all of its streams. */
        CUT
    }

    public Tenure {
        requireNonNull(opened);
        requireNonNull(ends);
    }

    /** @param distrustedSince since when the peer's issuer is not accepted any more; empty while it is */
    public Verdict at(Instant now, Standing standing, Optional<Instant> distrustedSince) {
        if (over(now, standing)
                || distrustedSince
                        .filter(since -> !now.isBefore(since.plus(DISTRUSTED)))
                        .isPresent()) {
            return Verdict.CUT;
        }
        return standing.renewed() || distrustedSince.isPresent() || !now.isBefore(half())
                ? Verdict.RETIRE
                : Verdict.KEEP;
    }

    private boolean over(Instant now, Standing standing) {
        if (now.isBefore(ends)) {
            return false;
        }
        return !now.isBefore(ends.plus(LONGEST))
                || !standing.valid()
                || !standing.admitted()
                || standing.confirmed().isBefore(now.minus(CONFIRMED_WITHIN));
    }

    /** When half of the time that was left at the handshake is over. */
    private Instant half() {
        Duration left = Duration.between(opened, ends);
        return left.isNegative() ? opened : opened.plus(left.dividedBy(2));
    }

    /** How long until time alone may change the verdict; at most half a minute, since what else it rests on may change too. */
    Duration untilNextLook(Instant now, Optional<Instant> distrustedSince) {
        return Stream.concat(
                        Stream.of(half(), ends, now.plus(LOOK)),
                        distrustedSince.map(since -> since.plus(DISTRUSTED)).stream())
                .filter(at -> at.isAfter(now))
                .min(Instant::compareTo)
                .map(at -> Duration.between(now, at))
                .orElse(LOOK);
    }
}
