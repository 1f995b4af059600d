package dev.stockade.condition;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;

/** Equality and order (CEL language definition, "Equality" and "Ordering"): numbers are compared as numbers, of whichever type. */
final class Comparing {
    private final Evaluation evaluation;

    Comparing(Evaluation evaluation) {
        this.evaluation = requireNonNull(evaluation);
    }

    /** A {@link Boolean}, or a failure where it costs too much. Values of different types are unequal. */
    Object equal(Object a, Object b) {
        if (!evaluation.pay(1)) {
            return Failure.FAILURE;
        }
        if (a instanceof Number x && b instanceof Number y) {
            return numbersAreEqual(x, y);
        }
        if (Evaluation.isText(a) && Evaluation.isText(b)) {
            return evaluation.payText(Evaluation.length(a) + (long) Evaluation.length(b))
                    ? (Object) Evaluation.string(a).equals(Evaluation.string(b))
                    : Failure.FAILURE;
        }
        if (a instanceof List<?> x && b instanceof List<?> y) {
            return listsAreEqual(x, y);
        }
        if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
            return mapsAreEqual(x, y);
        }
        return a.equals(b);
    }

    private Object listsAreEqual(List<?> a, List<?> b) {
        if (a.size() != b.size()) {
            return false;
        }
        for (int i = 0; i < a.size(); i++) {
            Object same = equal(a.get(i), b.get(i));
            if (!Boolean.TRUE.equals(same)) {
                return same;
            }
        }
        return true;
    }

    private Object mapsAreEqual(Map<?, ?> a, Map<?, ?> b) {
        if (a.size() != b.size()) {
            return false;
        }
        for (Map.Entry<?, ?> entry : a.entrySet()) {
            Object other = b.get(entry.getKey());
            if (other == null) {
                return false;
            }
            Object same = equal(requireNonNull(entry.getValue()), other);
            if (!Boolean.TRUE.equals(same)) {
                return same;
            }
        }
        return true;
    }

    private static boolean numbersAreEqual(Number a, Number b) {
        if (a instanceof Long x && b instanceof Long y) {
            return x.longValue() == y.longValue();
        }
        if (a instanceof Double x && b instanceof Double y) {
            return x.doubleValue() == y.doubleValue();
        }
        return !isNaN(a) && !isNaN(b) && order(a, b) == 0;
    }

    /** A {@link Boolean}, or a failure for what has no order: numbers have one, texts, and booleans. */
    Object ordered(Operation operation, Object a, Object b) {
        int order;
        if (a instanceof Number x && b instanceof Number y) {
            if (isNaN(x) || isNaN(y)) {
                return false;
            }
            order = order(x, y);
        } else if (Evaluation.isText(a) && Evaluation.isText(b)) {
            if (!evaluation.payText(Evaluation.length(a) + (long) Evaluation.length(b))) {
                return Failure.FAILURE;
            }
            order = order(Evaluation.string(a), Evaluation.string(b));
        } else if (a instanceof Boolean x && b instanceof Boolean y) {
            order = Boolean.compare(x, y);
        } else {
            return Failure.FAILURE;
        }
        return switch (operation) {
            case LESS -> order < 0;
            case LESS_OR_EQUAL -> order <= 0;
            case GREATER -> order > 0;
            default -> order >= 0;
        };
    }

    /** By code points, not by the units of UTF-16. */
    private static int order(String a, String b) {
        int shorter = Math.min(a.length(), b.length());
        for (int i = 0; i < shorter; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                // Surrogates stand below U+E000 to U+FFFF as units, and above them as code points.
                return Character.isSurrogate(x) == Character.isSurrogate(y)
                        ? Character.compare(x, y)
                        : Character.isSurrogate(x) ? 1 : -1;
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    private static boolean isNaN(Number number) {
        return number instanceof Double x && x.isNaN();
    }

    /** Exact: a long is not squeezed into a double. Neither is NaN. */
    private static int order(Number a, Number b) {
        if (a instanceof Long x) {
            return b instanceof Long y ? Long.compare(x, y) : orderMixed(x, b.doubleValue());
        }
        if (b instanceof Long y) {
            return -orderMixed(y, a.doubleValue());
        }
        double x = a.doubleValue();
        double y = b.doubleValue();
        return x < y ? -1 : x > y ? 1 : 0;
    }

    private static int orderMixed(long a, double b) {
        if (b >= 0x1p63) {
            return -1;
        }
        if (b < -0x1p63) {
            return 1;
        }
        long whole = (long) b;
        return a != whole ? Long.compare(a, whole) : Double.compare((double) whole, b + 0.0);
    }

    /** Whether a list holds the value, or a map has the key. */
    Object in(Object value, Object container) {
        if (container instanceof Map<?, ?> map) {
            return value instanceof String key ? map.containsKey(key) : keyIn(value, map);
        }
        if (!(container instanceof List<?> list)) {
            return Failure.FAILURE;
        }
        for (Object item : list) {
            Object same = equal(value, requireNonNull(item));
            if (!Boolean.FALSE.equals(same)) {
                return same;
            }
        }
        return false;
    }

    private Object keyIn(Object value, Map<?, ?> map) {
        if (!Evaluation.isText(value)) {
            return false;
        }
        return evaluation.payText(Evaluation.length(value))
                ? (Object) map.containsKey(Evaluation.string(value))
                : Failure.FAILURE;
    }
}
