package dev.stockade.operator.acks;

import dev.stockade.policy.MeshPod;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;

/** The read side: what statuses are made of. */
public interface Acknowledgements {
    /** What is known of a pod's sidecar; empty if no replica has heard of it since {@link #since}. */
    Optional<SidecarReport> report(String podUid);

    /** The pods whose sidecars have some generation of the resource in force, whether it still concerns them or not. */
    Set<String> holding(String resourceUid);

    /**
     * How far a generation has come among the pods that it concerns. A pod without an address has never run and does not count;
     * one disconnected for longer than its {@code staleAfter} refuses by itself, and does not count either.
     */
    Standing standing(String resourceUid, long generation, Collection<MeshPod> concerned);

    /** Whether every sidecar that may still serve has this generation in force. */
    default boolean enforced(String resourceUid, long generation, Collection<MeshPod> concerned) {
        return standing(resourceUid, generation, concerned).complete();
    }

    /**
     * From when this replica has been collecting. A new leader leaves a published condition of the same generation alone for a
     * while after this, or after its election, in which sidecars report.
     */
    Instant since();

    /** Called after every change, on the thread that brought it; must not block. */
    void onChange(Runnable listener);
}
