package dev.stockade.operator.authority;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;

/**
 * Where the rotation of the CA is. All of it is kept in the CA's Secret, so that a restart in the middle continues.
 *
 * @param epoch grows by one with every step that changes whom the mesh believes
 * @param change what is being rotated, and why; empty while nothing is
 * @param since when the step began
 * @param handled the value of the annotation that was handled last; a value that differs is a request
 * @param rootSince when the current root began to sign: it may have been made long before
 * @param last the rotation that was finished last
 */
public record Rotation(
        long epoch,
        Step step,
        Optional<Change> change,
        Instant since,
        String handled,
        Instant rootSince,
        Optional<Finished> last) {
    public Rotation {
        requireNonNull(step);
        requireNonNull(change);
        requireNonNull(since);
        requireNonNull(handled);
        requireNonNull(rootSince);
        requireNonNull(last);
    }

    /** Before the first. */
    static Rotation none(Instant since, Instant rootSince) {
        return new Rotation(1, Step.STABLE, Optional.empty(), since, "", rootSince, Optional.empty());
    }

    /** The steps, in their order. */
    public enum Step {
        /** One root and one issuer. */
        STABLE("Stable", 0),
        /** Peers are to believe the new one too; the old one signs. */
        TRUST_NEW("TrustNew", 1),
        /** The new one signs; the old one is still believed. */
        SIGN_WITH_NEW("SignWithNew", 2),
        /** The old one is believed no more. */
        DROP_OLD("DropOld", 3);

        private final String word;
        private final int number;

        Step(String word, int number) {
            this.word = word;
            this.number = number;
        }

        /** As the metric says it; 0 outside of a rotation. */
        public int number() {
            return number;
        }

        /** As the status and the Secret say it. */
        public String word() {
            return word;
        }
    }

    /** What is rotated. A new root brings a new issuer along. */
    public enum Of {
        ROOT("Root"),
        ISSUER("Issuer");

        private final String word;

        Of(String word) {
            this.word = word;
        }

        /** As the status and the Secret say it. */
        public String word() {
            return word;
        }
    }

    /** Why. */
    public enum Cause {
        /** Two thirds of the life are over. */
        LIFETIME("Lifetime"),
        /** The annotation asked for it. */
        REQUEST("Request"),
        /** Issuers are to be made below another CA: caSecretRef, or the Secret that it names, has changed. */
        AUTHORITY("Authority");

        private final String word;

        Cause(String word) {
            this.word = word;
        }

        /** As the status and the Secret say it. */
        public String word() {
            return word;
        }
    }

    /** @param request the annotation's value; empty if it was not asked for */
    public record Change(Of of, Cause cause, String request, Instant started) {
        public Change {
            requireNonNull(of);
            requireNonNull(cause);
            requireNonNull(request);
            requireNonNull(started);
        }
    }

    /** A rotation that is over. */
    public record Finished(Change change, Instant at) {
        public Finished {
            requireNonNull(change);
            requireNonNull(at);
        }
    }

    /** For people: {@code Stable}, or what and how far, such as {@code Issuer/SignWithNew}. */
    public String name() {
        return change.map(c -> c.of().word() + "/" + step.word()).orElseGet(step::word);
    }

    Rotation begin(Change begun) {
        return new Rotation(
                epoch + 1,
                Step.TRUST_NEW,
                Optional.of(begun),
                begun.started(),
                begun.request().isEmpty() ? handled : begun.request(),
                rootSince,
                last);
    }

    /** Another epoch of the same step. */
    Rotation again(Instant now) {
        return new Rotation(epoch + 1, step, change, now, handled, rootSince, last);
    }

    Rotation signWithNew(Instant now) {
        boolean newRoot = change.filter(c -> c.of() == Of.ROOT).isPresent();
        return new Rotation(epoch + 1, Step.SIGN_WITH_NEW, change, now, handled, newRoot ? now : rootSince, last);
    }

    Rotation dropOld(Instant now) {
        return new Rotation(epoch + 1, Step.DROP_OLD, change, now, handled, rootSince, last);
    }

    /** The same epoch: nobody has to believe anything else. */
    Rotation stable(Instant now) {
        return new Rotation(
                epoch,
                Step.STABLE,
                Optional.empty(),
                now,
                handled,
                rootSince,
                change.map(c -> new Finished(c, now)).or(() -> last));
    }

    Rotation handled(String value) {
        return new Rotation(epoch, step, change, since, value, rootSince, last);
    }
}
