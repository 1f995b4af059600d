package dev.stockade.policy.when;

import dev.stockade.condition.Expression;
import dev.stockade.model.policy.EvaluationBudget;

/**
 * What a condition may cost with arguments of an ordinary size. A condition that would be over the sidecar's bound even with
 * those is refused when it is applied, rather than failing whenever it matters.
 */
final class CostEstimate {
    /** Items of each list that a condition goes over, but for those that it writes itself. */
    static final int ITEMS = 50;

    /** Characters of each text. */
    private static final int CHARACTERS = 200;

    /** The bound that the sidecar enforces. */
    static final long MOST = EvaluationBudget.OF_ONE_CONDITION;

    /** More than any bound, and far from overflowing. */
    private static final long ENDLESS = Long.MAX_VALUE / 1_000_000;

    private CostEstimate() {}

    static long of(Expression expression) {
        return Math.min(ENDLESS, 1 + inside(expression));
    }

    private static long inside(Expression expression) {
        return switch (expression) {
            case Expression.Constant constant -> 0;
            case Expression.Variable variable -> 0;
            case Expression.Field field -> of(field.operand());
            case Expression.HasField field -> of(field.operand());
            case Expression.Call call -> 1 + all(call.operands());
            case Expression.Matches matches ->
                of(matches.operand()) + (long) CHARACTERS * matches.pattern().programSize() / 4;
            case Expression.ListOf list -> all(list.items());
            case Expression.MapOf map -> all(map.values());
            case Expression.Fold fold ->
                of(fold.range())
                        + of(fold.initial())
                        + items(fold.range()) * (of(fold.proceeds()) + of(fold.step()))
                        + of(fold.result());
            case Expression.Append append -> of(append.item());
        };
    }

    private static long items(Expression range) {
        return range instanceof Expression.ListOf list ? list.items().size() : ITEMS;
    }

    private static long all(Iterable<Expression> expressions) {
        long cost = 0;
        for (Expression expression : expressions) {
            cost += of(expression);
        }
        return cost;
    }
}
