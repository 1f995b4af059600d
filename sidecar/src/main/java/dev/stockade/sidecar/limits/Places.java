package dev.stockade.sidecar.limits;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntSupplier;

/** So many at a time, and half of them for one agent. On the event loop. */
public final class Places {
    private final IntSupplier most;
    private final Map<SpiffeId, int[]> taken = new HashMap<>();
    private int all;

    /** @param most how many there are now */
    public Places(IntSupplier most) {
        this.most = requireNonNull(most);
    }

    /** How many one agent may have: at least one. */
    public int ofOneAgent() {
        return Math.max(1, most.getAsInt() / 2);
    }

    public int taken() {
        return all;
    }

    /** Takes a place; false if there is none. */
    public boolean enter(SpiffeId agent) {
        int[] ours = taken.get(agent);
        if (all >= most.getAsInt() || (ours != null && ours[0] >= ofOneAgent())) {
            return false;
        }
        all++;
        taken.computeIfAbsent(agent, a -> new int[1])[0]++;
        return true;
    }

    /** Gives one back that was taken. */
    public void leave(SpiffeId agent) {
        int[] ours = taken.get(agent);
        if (ours == null) {
            throw new IllegalStateException("an agent leaves a place that it has not taken");
        }
        all--;
        if (--ours[0] == 0) {
            taken.remove(agent);
        }
    }
}
