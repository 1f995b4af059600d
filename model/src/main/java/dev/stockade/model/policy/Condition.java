package dev.stockade.model.policy;

/** The {@code when} of a rule, compiled. Pure: the same facts give the same outcome. */
public interface Condition {
    /** What it says of one message. */
    enum Outcome {
        TRUE,
        FALSE,
        /** It cannot be said: a field is missing, a value is of another type, or the cost was over its bound. */
        ERROR
    }

    /** @param budget what all conditions that one message meets may cost together; is drawn on */
    Outcome evaluate(Facts facts, EvaluationBudget budget);
}
