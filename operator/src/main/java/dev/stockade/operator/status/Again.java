package dev.stockade.operator.status;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import java.time.Duration;

/** When to look again although nothing may have been heard by then. */
public final class Again {
    private static final Duration BARE_PODS = Duration.ofSeconds(15);

    /** The picture follows within that, and its change is heard of besides. */
    private static final Duration BEHIND = Duration.ofSeconds(1);

    private Again() {}

    /** Writes nothing: the picture is older than the resource. */
    public static <P extends HasMetadata> UpdateControl<P> onceCaughtUp() {
        return UpdateControl.<P>noUpdate().rescheduleAfter(BEHIND);
    }

    /**
     * Writes nothing, and comes back where waiting alone may change what is so.
     *
     * @param open whether something is not known for good that no informer follows: there are pods without a sidecar, or pods are
     *     yet to be tried
     * @param settling whether missing reports say nothing yet
     */
    public static <P extends HasMetadata> UpdateControl<P> after(boolean open, Settling settling) {
        UpdateControl<P> done = UpdateControl.noUpdate();
        if (settling.lasts()) {
            return done.rescheduleAfter(settling.left().plusSeconds(1));
        }
        return open ? done.rescheduleAfter(BARE_PODS) : done;
    }
}
