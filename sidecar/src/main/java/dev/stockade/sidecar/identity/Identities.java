package dev.stockade.sidecar.identity;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.WorkloadKind;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The identities that this pod holds now, and the roots that it believes. Readers take one volatile read; {@code control}
 * alone writes. Connections made with a former certificate live on.
 */
public final class Identities {
    private volatile TrustBundle trust;
    private volatile Map<WorkloadKind, Svid> svids = Map.of();
    private final CopyOnWriteArrayList<Runnable> changed = new CopyOnWriteArrayList<>();

    public Identities(TrustBundle trust) {
        this.trust = requireNonNull(trust);
    }

    /** The roots in force. */
    public TrustBundle trust() {
        return trust;
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

    /** Puts another bundle in force, at once. */
    public void believe(TrustBundle now) {
        trust = requireNonNull(now);
    }

    /** Runs whenever the certificates change, on the thread that changed them. */
    public void onChange(Runnable listener) {
        changed.add(listener);
    }
}
