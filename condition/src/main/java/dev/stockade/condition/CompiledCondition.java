package dev.stockade.condition;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.json.Arguments;
import dev.stockade.model.policy.Condition;
import dev.stockade.model.policy.EvaluationBudget;
import dev.stockade.model.policy.Facts;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A condition that can be evaluated, and written down. Equal are those of the same expression. */
public final class CompiledCondition implements Condition {
    private final Expression expression;
    private final byte[] form;
    private final int slots;

    /** @throws IllegalArgumentException if the expression is larger or deeper than {@link ConditionForm} allows */
    public CompiledCondition(Expression expression) {
        this(expression, ConditionForm.write(expression));
    }

    private CompiledCondition(Expression expression, byte[] form) {
        this.expression = requireNonNull(expression);
        this.form = form;
        this.slots = ConditionForm.check(expression);
    }

    /**
     * Reads what {@link #form()} wrote.
     *
     * @throws IllegalArgumentException if this release cannot load it; the message is the rest of a sentence about it
     */
    public static CompiledCondition read(byte[] form) {
        return new CompiledCondition(ConditionForm.read(form), form.clone());
    }

    /** As it travels from the operator to a sidecar. */
    public byte[] form() {
        return form.clone();
    }

    @Override
    public Outcome evaluate(Facts facts, EvaluationBudget budget) {
        Arguments.Reading reading = facts.question()
                .arguments()
                .map(Arguments::reading)
                .orElseGet(() -> new Arguments.Reading.Values(Map.of()));
        Optional<Map<String, Object>> args =
                reading instanceof Arguments.Reading.Values values ? Optional.of(values.values()) : Optional.empty();
        budget.begin();
        Evaluation evaluation = new Evaluation(budget, slots);
        evaluation.bind(Expression.ARGS, args.isPresent() ? args.get() : Failure.FAILURE);
        evaluation.bind(
                Expression.AGENT,
                Map.of(
                        "namespace", facts.agent().namespace(),
                        "name", facts.agent().name(),
                        "spiffeId", facts.agent().uri(),
                        "serviceAccount", facts.serviceAccount()));
        evaluation.bind(
                Expression.SERVER,
                Map.of(
                        "namespace", facts.server().namespace(),
                        "name", facts.server().name()));
        evaluation.bind(
                Expression.REQUEST,
                Map.of(
                        "method", facts.question().method(),
                        "kind", facts.question().kind().word(),
                        "name", facts.question().name()));
        Object value = evaluation.value(expression);
        return !(value instanceof Boolean holds) || !budget.spend(0)
                ? Outcome.ERROR
                : holds ? Outcome.TRUE : Outcome.FALSE;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof CompiledCondition that && Arrays.equals(form, that.form);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(form);
    }
}
