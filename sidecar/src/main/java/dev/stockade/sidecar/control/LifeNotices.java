package dev.stockade.sidecar.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.log.Log;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Says of a certificate, once each, that it ought to have been renewed, and that it has ended. */
final class LifeNotices {
    private final Log log;
    private final Set<Svid> overdue = new HashSet<>();
    private final Set<Svid> ended = new HashSet<>();

    LifeNotices(Log log) {
        this.log = requireNonNull(log);
    }

    /** @param why what the operator last said, if it is known */
    void check(Collection<Svid> held, Instant now, Optional<String> why) {
        overdue.retainAll(held);
        ended.retainAll(held);
        for (Svid svid : held) {
            if (!svid.validAt(now)) {
                if (ended.add(svid)) {
                    say("certificate ended; nothing is served for this identity until there is another", svid, why);
                }
            } else if (svid.overdueAt(now) && overdue.add(svid)) {
                say("certificate not renewed, and less than a quarter of its life is left", svid, why);
            }
        }
    }

    private void say(String message, Svid svid, Optional<String> why) {
        log.warn(
                message,
                "spiffeId",
                svid.id(),
                "until",
                svid.ends(),
                "reason",
                why.orElse("no request to the operator has failed"));
    }
}
