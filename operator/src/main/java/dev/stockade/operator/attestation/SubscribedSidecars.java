package dev.stockade.operator.attestation;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.acks.LeaseHolder;
import dev.stockade.operator.acks.SidecarRegistry;
import dev.stockade.operator.acks.SidecarReport;
import java.util.Optional;
import java.util.function.Supplier;

/** Takes it from the subscriptions: every replica knows its own, and the leading one those of all. */
public final class SubscribedSidecars implements LiveSidecars {
    private final SidecarRegistry registry;
    private final Supplier<Optional<LeaseHolder>> holder;
    private final String self;

    /**
     * @param holder reads who leads
     * @param self the name of this replica's pod
     */
    public SubscribedSidecars(SidecarRegistry registry, Supplier<Optional<LeaseHolder>> holder, String self) {
        this.registry = requireNonNull(registry);
        this.holder = requireNonNull(holder);
        this.self = requireNonNull(self);
    }

    @Override
    public boolean live(String podUid) {
        return registry.report(podUid).filter(SidecarReport::connected).isPresent();
    }

    @Override
    public boolean knowsAll() {
        return holder.get().filter(leader -> leader.pod().equals(self)).isPresent();
    }
}
