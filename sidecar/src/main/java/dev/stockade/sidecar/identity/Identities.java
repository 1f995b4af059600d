package dev.stockade.sidecar.identity;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.WorkloadKind;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The identities that this pod holds now, and whom it believes. Readers take one volatile read; {@code control} alone writes.
 * Connections made with a former certificate live on until their owners, told by {@link #onChange}, have retired them; nothing
 * else holds a former key.
 */
public final class Identities {
    private final TrustBundle admitted;
    private final Instant boundUntil;
    private volatile TrustBundle trust;
    private volatile Map<WorkloadKind, Svid> svids = Map.of();
    private final CopyOnWriteArrayList<Runnable> changed = new CopyOnWriteArrayList<>();
    private final CopyOnWriteArrayList<Runnable> trustChanged = new CopyOnWriteArrayList<>();

    /** @param admitted the roots that admission wrote into the environment */
    public Identities(TrustBundle admitted) {
        this(admitted, admitted, Instant.MIN);
    }

    /**
     * After a restart of the container.
     *
     * @param admitted the roots that admission wrote into the environment
     * @param kept the bundle that the former process had in force
     * @param boundUntil when the last certificate of the former process ends
     */
    public Identities(TrustBundle admitted, TrustBundle kept, Instant boundUntil) {
        this.admitted = requireNonNull(admitted);
        this.trust = requireNonNull(kept);
        this.boundUntil = requireNonNull(boundUntil);
    }

    /** The bundle in force, by which peers are judged. */
    public TrustBundle trust() {
        return trust;
    }

    /**
     * The bundle by which the operator is judged.
     *
     * <p>While a certificate of this pod is valid, that is the one in force, issuers and all. Nothing is lost by it: the
     * operator ends no step of a rotation before every sidecar with a certificate that has not ended has followed, so it
     * shows us nothing that we have not been told to believe. After a restart the same holds until the former process's last
     * certificate ends.
     *
     * <p>Later, or before there was any, the operator may have gone on without us. Then roots alone decide, since issuers that
     * came meanwhile cannot be known: those in force and, of those that admission wrote into the environment, only the ones
     * that began later than every root in force. That is the root that the operator made in advance, and lets a pod that
     * slept through a rotation come back. A root that a rotation replaced began earlier than its successor, so the
     * environment never brings it back. What remains is that whoever stole an issuer's key that was dropped since, or while
     * we slept, can pass for the operator to a pod that holds no valid certificate, until that issuer's certificate ends; a
     * rotation of the root ends that at once for pods admitted later.
     */
    public TrustBundle trustInOperator(Instant now) {
        TrustBundle current = trust;
        if (now.isBefore(boundUntil) || svids.values().stream().anyMatch(svid -> svid.validAt(now))) {
            return current;
        }
        Instant latest = current.roots().stream()
                .map(root -> root.getNotBefore().toInstant())
                .max(Instant::compareTo)
                .orElseThrow();
        LinkedHashSet<X509Certificate> roots = new LinkedHashSet<>(current.roots());
        admitted.roots().stream()
                .filter(root -> root.getNotBefore().toInstant().isAfter(latest))
                .limit(TrustBundle.MOST - roots.size())
                .forEach(roots::add);
        return TrustBundle.ofRoots(current.trustDomain(), roots);
    }

    /** The certificate for a role. */
    public Optional<Svid> svid(WorkloadKind role) {
        return Optional.ofNullable(svids.get(role));
    }

    /** All certificates held. */
    public Map<WorkloadKind, Svid> svids() {
        return svids;
    }

    /** Puts another set of certificates in force, at once. */
    public void hold(Map<WorkloadKind, Svid> now) {
        svids = Map.copyOf(now);
        changed.forEach(Runnable::run);
    }

    /**
     * Puts another bundle in force, at once.
     *
     * @throws IllegalArgumentException if it is older than the one in force, which then stays
     */
    public void believe(TrustBundle now) {
        trust.refusal(now).ifPresent(sentence -> {
            throw new IllegalArgumentException(sentence);
        });
        if (trust.equals(now)) {
            return;
        }
        trust = now;
        trustChanged.forEach(Runnable::run);
    }

    /** Runs whenever the certificates change, on the thread that changed them: retire what was made with a former one. */
    public void onChange(Runnable listener) {
        changed.add(listener);
    }

    /** Runs whenever the bundle changes, on the thread that changed it: retire what a dropped issuer vouched for. */
    public void onTrustChange(Runnable listener) {
        trustChanged.add(listener);
    }
}
