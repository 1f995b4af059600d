package dev.stockade.sidecar.limits;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * An amount of something that agents share. One agent may hold a third of what it leaves free: a quarter while it is alone, less
 * the more others hold. So whoever comes next always finds room for something small, however many are greedy.
 *
 * <p>On the event loop.
 */
public final class Shares {
    private static final int FREE_FOR_EACH_HELD = 3;

    private final LongSupplier capacity;
    private final long little;
    private final Executor loop;
    private final Map<SpiffeId, long[]> held = new HashMap<>();
    private Deque<Runnable> waiting = new ArrayDeque<>();
    private long used;
    private boolean waking;

    /**
     * @param capacity how much there is now
     * @param little what an agent may hold whatever others do
     * @param loop runs what waits for room
     */
    public Shares(LongSupplier capacity, long little, Executor loop) {
        this.capacity = requireNonNull(capacity);
        this.little = little;
        this.loop = requireNonNull(loop);
    }

    public long capacity() {
        return capacity.getAsLong();
    }

    /** The most that one agent may hold while it is alone. */
    public long ofOneAgent() {
        return capacity() / (FREE_FOR_EACH_HELD + 1);
    }

    /** How much is held by all together. */
    public long used() {
        return used;
    }

    /** Nothing held yet, for an agent. */
    public Holding holding(SpiffeId agent) {
        return new Holding(this, agent);
    }

    /** Whether the agent holds no more than it may. */
    public boolean within(SpiffeId agent) {
        return fits(of(agent), used);
    }

    private boolean fits(long ours, long all) {
        return ours <= little || ours <= (capacity.getAsLong() - all) / FREE_FOR_EACH_HELD;
    }

    private long of(SpiffeId agent) {
        long[] account = held.get(agent);
        return account == null ? 0 : account[0];
    }

    boolean take(SpiffeId agent, long amount) {
        if (!fits(of(agent) + amount, used + amount)) {
            return false;
        }
        add(agent, amount);
        return true;
    }

    /** What is there already, whether it may be or not. */
    void add(SpiffeId agent, long amount) {
        held.computeIfAbsent(agent, a -> new long[1])[0] += amount;
        used += amount;
    }

    void give(SpiffeId agent, long amount) {
        if (amount == 0) {
            return;
        }
        long[] account = held.get(agent);
        if (account == null || account[0] < amount) {
            throw new IllegalStateException("an agent gives back more than it holds");
        }
        account[0] -= amount;
        used -= amount;
        if (account[0] == 0) {
            held.remove(agent);
        }
        wake();
    }

    /** Runs that once, when something has been given back; whoever still finds no room asks again. */
    public void onRoom(Runnable then) {
        waiting.add(then);
    }

    private void wake() {
        if (waking || waiting.isEmpty()) {
            return;
        }
        waking = true;
        // Out of the call stack of whoever gives, which is in the middle of something.
        loop.execute(() -> {
            waking = false;
            Deque<Runnable> woken = waiting;
            waiting = new ArrayDeque<>();
            woken.forEach(Runnable::run);
        });
    }
}
