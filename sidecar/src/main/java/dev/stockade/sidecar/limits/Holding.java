package dev.stockade.sidecar.limits;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;

/** What one piece of work holds of its agent's share. On the event loop. */
public final class Holding {
    private final Shares shares;
    private final SpiffeId agent;
    private long amount;

    Holding(Shares shares, SpiffeId agent) {
        this.shares = requireNonNull(shares);
        this.agent = requireNonNull(agent);
    }

    public long amount() {
        return amount;
    }

    /** Holds so much more; false if there is no room, and then nothing has changed. */
    public boolean grow(long more) {
        if (!shares.take(agent, more)) {
            return false;
        }
        amount += more;
        return true;
    }

    /** Counts what is there already, whether there is room or not: the caller stops what brings more. */
    public void force(long more) {
        shares.add(agent, more);
        amount += more;
    }

    /** Holds exactly so much from now on, whether there is room or not. */
    public void set(long now) {
        if (now > amount) {
            force(now - amount);
        } else if (now < amount) {
            give(amount - now);
        }
    }

    public void give(long back) {
        amount -= back;
        shares.give(agent, back);
    }

    /** Holds nothing any more; may be called again. */
    public void letGo() {
        give(amount);
    }

    /** Whether the agent holds no more than it may. */
    public boolean within() {
        return shares.within(agent);
    }

    /** Runs that once, when something has been given back by anybody. */
    public void onRoom(Runnable then) {
        shares.onRoom(then);
    }
}
