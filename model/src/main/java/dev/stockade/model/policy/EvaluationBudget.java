package dev.stockade.model.policy;

/**
 * What evaluating conditions may cost, in steps; a step takes some ten nanoseconds. Two bounds hold: one for each condition, and
 * one for all conditions that one message meets, so that many rules that each stay below theirs cannot hold the sidecar up.
 */
public final class EvaluationBudget {
    /** What one condition may cost. */
    public static final int OF_ONE_CONDITION = 100_000;

    /** What all conditions that one message meets may cost together. */
    public static final int OF_ONE_MESSAGE = 400_000;

    private long message = OF_ONE_MESSAGE;
    private long condition;

    /** A condition begins. */
    public void begin() {
        condition = Math.min(message, OF_ONE_CONDITION);
    }

    /** Draws on both bounds; false once either is spent, from then on until the next condition begins. */
    public boolean spend(long steps) {
        condition -= steps;
        message -= steps;
        return condition >= 0;
    }
}
