package dev.stockade.condition;

import dev.stockade.model.json.JsonNull;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Operators and conversions of values (CEL language definition, "List of Standard Definitions"). Overflow is a failure. */
final class Arithmetic {
    private static final int LONGEST_NUMBER = 64;

    private Arithmetic() {}

    static Object unary(Operation operation, Object a, Evaluation evaluation) {
        return switch (operation) {
            case NOT -> a instanceof Boolean holds ? (Object) !holds : Failure.FAILURE;
            case NEGATE ->
                a instanceof Double x
                        ? (Object) (-x)
                        : a instanceof Long x && x != Long.MIN_VALUE ? (Object) (-x) : Failure.FAILURE;
            case SIZE -> size(a, evaluation);
            case INT -> toInt(a);
            case DOUBLE -> toDouble(a);
            case STRING -> toText(a);
            case TYPE -> type(a);
            case DYN -> a;
            default -> Failure.FAILURE;
        };
    }

    static Object binary(Operation operation, Object a, Object b, Evaluation evaluation) {
        if (a instanceof Long x && b instanceof Long y) {
            return integers(operation, x, y);
        }
        if (a instanceof Double x && b instanceof Double y) {
            return switch (operation) {
                case ADD -> x + y;
                case SUBTRACT -> x - y;
                case MULTIPLY -> x * y;
                case DIVIDE -> x / y;
                default -> Failure.FAILURE;
            };
        }
        if (operation != Operation.ADD) {
            return Failure.FAILURE;
        }
        if (Evaluation.isText(a) && Evaluation.isText(b)) {
            return evaluation.payText(Evaluation.length(a) + (long) Evaluation.length(b))
                    ? (Object) Evaluation.string(a).concat(Evaluation.string(b))
                    : Failure.FAILURE;
        }
        if (a instanceof List<?> x && b instanceof List<?> y && evaluation.pay(x.size() + (long) y.size())) {
            List<Object> both = new ArrayList<>(x.size() + y.size());
            both.addAll(x);
            both.addAll(y);
            return both;
        }
        return Failure.FAILURE;
    }

    private static Object integers(Operation operation, long a, long b) {
        try {
            return switch (operation) {
                case ADD -> Math.addExact(a, b);
                case SUBTRACT -> Math.subtractExact(a, b);
                case MULTIPLY -> Math.multiplyExact(a, b);
                case DIVIDE -> Math.divideExact(a, b);
                case MODULO -> a == Long.MIN_VALUE && b == -1 ? Failure.FAILURE : (Object) (a % b);
                default -> Failure.FAILURE;
            };
        } catch (ArithmeticException e) {
            return Failure.FAILURE;
        }
    }

    private static Object size(Object a, Evaluation evaluation) {
        if (a instanceof List<?> list) {
            return (long) list.size();
        }
        if (a instanceof Map<?, ?> map) {
            return (long) map.size();
        }
        if (!Evaluation.isText(a) || !evaluation.payText(Evaluation.length(a))) {
            return Failure.FAILURE;
        }
        String text = Evaluation.string(a);
        return (long) text.codePointCount(0, text.length());
    }

    private static Object toInt(Object a) {
        if (a instanceof Long) {
            return a;
        }
        if (a instanceof Double x) {
            return x > -0x1p63 && x < 0x1p63 ? (Object) x.longValue() : Failure.FAILURE;
        }
        if (a instanceof String text && text.length() <= LONGEST_NUMBER) {
            try {
                return Long.parseLong(text);
            } catch (NumberFormatException e) {
                return Failure.FAILURE;
            }
        }
        return Failure.FAILURE;
    }

    private static Object toDouble(Object a) {
        if (a instanceof Number x) {
            return x.doubleValue();
        }
        if (a instanceof String text && text.length() <= LONGEST_NUMBER && isDecimal(text)) {
            try {
                return Double.parseDouble(text);
            } catch (NumberFormatException e) {
                return Failure.FAILURE;
            }
        }
        return Failure.FAILURE;
    }

    /** Without what only Java takes for a number. */
    private static boolean isDecimal(String text) {
        for (int i = 0; i < text.length(); i++) {
            if ("0123456789+-.eE".indexOf(text.charAt(i)) < 0) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    private static Object toText(Object a) {
        return Evaluation.isText(a)
                ? a
                : a instanceof Long || a instanceof Boolean ? (Object) a.toString() : Failure.FAILURE;
    }

    private static Object type(Object a) {
        if (Evaluation.isText(a)) {
            return ValueType.STRING;
        }
        return switch (a) {
            case Long number -> ValueType.INT;
            case Double number -> ValueType.DOUBLE;
            case Boolean bool -> ValueType.BOOL;
            case List<?> list -> ValueType.LIST;
            case Map<?, ?> map -> ValueType.MAP;
            case JsonNull nothing -> ValueType.NULL;
            case ValueType type -> ValueType.TYPE;
            default -> Failure.FAILURE;
        };
    }
}
