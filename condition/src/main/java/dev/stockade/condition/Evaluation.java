package dev.stockade.condition;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.json.LongText;
import dev.stockade.model.policy.EvaluationBudget;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One evaluation of one condition. Each node costs a step, and whatever looks at a whole text, list or map costs more in
 * proportion; once the budget is spent everything is a {@link Failure}, so that it ends at once.
 */
final class Evaluation {
    /** Characters that one step pays for. */
    private static final int CHARACTERS_A_STEP = 16;

    /** Instructions of a regular expression, times characters, that one step pays for. */
    private static final int MATCHES_A_STEP = 4;

    private final EvaluationBudget budget;
    private final Object[] slots;
    private final Comparing comparing;

    Evaluation(EvaluationBudget budget, int slots) {
        this.budget = requireNonNull(budget);
        this.slots = new Object[slots];
        Arrays.fill(this.slots, Failure.FAILURE);
        this.comparing = new Comparing(this);
    }

    void bind(int slot, Object value) {
        slots[slot] = value;
    }

    /** Pays; false once the budget is spent. */
    boolean pay(long steps) {
        return budget.spend(steps);
    }

    /** Pays for looking at that many characters. */
    boolean payText(long characters) {
        return budget.spend(1 + characters / CHARACTERS_A_STEP);
    }

    Object value(Expression expression) {
        if (!budget.spend(1)) {
            return Failure.FAILURE;
        }
        return switch (expression) {
            case Expression.Constant constant -> constant.value();
            case Expression.Variable variable -> slots[variable.slot()];
            case Expression.Field field -> field(value(field.operand()), field.name());
            case Expression.HasField field ->
                value(field.operand()) instanceof Map<?, ?> map
                        ? (Object) map.containsKey(field.name())
                        : Failure.FAILURE;
            case Expression.Call call -> call(call);
            case Expression.Matches matches -> matches(matches);
            case Expression.ListOf list -> list(list);
            case Expression.MapOf map -> map(map);
            case Expression.Fold fold -> fold(fold);
            case Expression.Append append -> append(append);
        };
    }

    private static Object field(Object operand, String name) {
        if (operand instanceof Map<?, ?> map) {
            Object value = map.get(name);
            return value == null ? Failure.FAILURE : value;
        }
        return Failure.FAILURE;
    }

    private Object call(Expression.Call call) {
        List<Expression> operands = call.operands();
        Object first = value(operands.get(0));
        switch (call.operation()) {
            case AND -> {
                return and(first, operands.get(1));
            }
            case OR -> {
                return or(first, operands.get(1));
            }
            case CHOICE -> {
                return first instanceof Boolean holds ? value(operands.get(holds ? 1 : 2)) : Failure.FAILURE;
            }
            case NOT_STRICTLY_FALSE -> {
                return !Boolean.FALSE.equals(first);
            }
            default -> {
                if (first == Failure.FAILURE) {
                    return first;
                }
            }
        }
        if (operands.size() == 1) {
            return Arithmetic.unary(call.operation(), first, this);
        }
        Object second = value(operands.get(1));
        if (second == Failure.FAILURE) {
            return second;
        }
        return switch (call.operation()) {
            case EQUAL -> comparing.equal(first, second);
            case UNEQUAL -> comparing.equal(first, second) instanceof Boolean same ? (Object) !same : Failure.FAILURE;
            case LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL -> comparing.ordered(call.operation(), first, second);
            case IN -> comparing.in(first, second);
            case INDEX -> index(first, second);
            case STARTS_WITH, ENDS_WITH, CONTAINS -> text(call.operation(), first, second);
            default -> Arithmetic.binary(call.operation(), first, second, this);
        };
    }

    /** False if either is false, whatever the other; only then are failures failures. */
    private Object and(Object first, Expression operand) {
        if (Boolean.FALSE.equals(first)) {
            return first;
        }
        Object second = value(operand);
        if (Boolean.FALSE.equals(second)) {
            return second;
        }
        return Boolean.TRUE.equals(first) && Boolean.TRUE.equals(second) ? (Object) true : Failure.FAILURE;
    }

    private Object or(Object first, Expression operand) {
        if (Boolean.TRUE.equals(first)) {
            return first;
        }
        Object second = value(operand);
        if (Boolean.TRUE.equals(second)) {
            return second;
        }
        return Boolean.FALSE.equals(first) && Boolean.FALSE.equals(second) ? (Object) false : Failure.FAILURE;
    }

    private static Object index(Object operand, Object index) {
        if (operand instanceof Map<?, ?> && index instanceof String name) {
            return field(operand, name);
        }
        if (operand instanceof List<?> list && index instanceof Long at) {
            return at >= 0 && at < list.size() ? list.get(at.intValue()) : Failure.FAILURE;
        }
        return Failure.FAILURE;
    }

    private Object text(Operation operation, Object operand, Object part) {
        if (!isText(operand) || !isText(part)) {
            return Failure.FAILURE;
        }
        long looked = operation == Operation.CONTAINS ? length(operand) + length(part) : length(part);
        // Decoding a long text is the dear part.
        if (!payText(
                operand instanceof LongText || part instanceof LongText ? length(operand) + length(part) : looked)) {
            return Failure.FAILURE;
        }
        String whole = string(operand);
        String piece = string(part);
        return switch (operation) {
            case STARTS_WITH -> whole.startsWith(piece);
            case ENDS_WITH -> whole.endsWith(piece);
            default -> whole.contains(piece);
        };
    }

    private Object matches(Expression.Matches matches) {
        Object operand = value(matches.operand());
        if (!isText(operand)
                || !pay((long) length(operand) * matches.pattern().programSize() / MATCHES_A_STEP)
                || !payText(length(operand))) {
            return Failure.FAILURE;
        }
        return matches.pattern().matcher(string(operand)).find();
    }

    private Object list(Expression.ListOf list) {
        List<Object> items = new ArrayList<>(list.items().size());
        for (Expression item : list.items()) {
            Object value = value(item);
            if (value == Failure.FAILURE) {
                return value;
            }
            items.add(value);
        }
        return items;
    }

    private Object map(Expression.MapOf map) {
        Map<String, Object> members = new HashMap<>();
        for (int i = 0; i < map.keys().size(); i++) {
            Object value = value(map.values().get(i));
            if (value == Failure.FAILURE) {
                return value;
            }
            members.put(map.keys().get(i), value);
        }
        return members;
    }

    private Object fold(Expression.Fold fold) {
        Object range = value(fold.range());
        Iterable<?> items;
        if (range instanceof List<?> list) {
            items = list;
        } else if (range instanceof Map<?, ?> map) {
            items = map.keySet();
        } else {
            return Failure.FAILURE;
        }
        slots[fold.accumulator()] = value(fold.initial());
        for (Object item : items) {
            slots[fold.item()] = item;
            Object proceeds = value(fold.proceeds());
            if (Boolean.FALSE.equals(proceeds)) {
                break;
            }
            if (!Boolean.TRUE.equals(proceeds)) {
                return Failure.FAILURE;
            }
            slots[fold.accumulator()] = value(fold.step());
            if (!pay(0)) {
                return Failure.FAILURE;
            }
        }
        return value(fold.result());
    }

    private Object append(Expression.Append append) {
        Object item = value(append.item());
        Object list = slots[append.accumulator()];
        if (item == Failure.FAILURE || !(list instanceof List<?>)) {
            return Failure.FAILURE;
        }
        @SuppressWarnings("unchecked") // Made by this evaluation, of objects.
        List<Object> own = (List<Object>) list;
        own.add(item);
        return own;
    }

    static boolean isText(Object value) {
        return value instanceof String || value instanceof LongText;
    }

    /** In characters; of a long text at least as many. */
    static int length(Object text) {
        return text instanceof LongText lazy ? lazy.bytes() : ((String) text).length();
    }

    /** Only after it was paid for. */
    static String string(Object text) {
        return text instanceof LongText lazy ? lazy.text() : (String) text;
    }
}
