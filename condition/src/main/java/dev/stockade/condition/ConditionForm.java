package dev.stockade.condition;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.stockade.model.json.JsonNull;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * How a condition travels: a version, then the tree, each node by a number and its parts. Read as strictly as it was written, and
 * within bounds on size and depth, so that nothing is loaded that could not have been compiled.
 */
public final class ConditionForm {
    /** How many nodes a condition may have. */
    public static final int MOST_NODES = 1000;

    /** How deep they may nest. */
    public static final int DEEPEST = 48;

    /** How many instructions a regular expression may have. */
    public static final int LARGEST_PATTERN = 1000;

    private static final int VERSION = 1;

    private ConditionForm() {}

    static byte[] write(Expression expression) {
        check(expression);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        try {
            out.writeByte(VERSION);
            write(expression, out);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory does not fail", e);
        }
        return bytes.toByteArray();
    }

    /** @throws IllegalArgumentException if it is no condition that this release knows */
    static Expression read(byte[] form) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(form))) {
            int version = in.readUnsignedByte();
            if (version != VERSION) {
                throw new IllegalArgumentException("it is of form " + version + ", and this release reads " + VERSION);
            }
            Expression expression = new Reader(in).node(1);
            if (in.read() >= 0) {
                throw new IllegalArgumentException("something follows it");
            }
            return expression;
        } catch (IOException e) {
            throw new IllegalArgumentException("it is cut off", e);
        }
    }

    /**
     * How many variables it needs.
     *
     * @throws IllegalArgumentException if it is too large or too deep, or names a variable that nothing binds
     */
    static int check(Expression expression) {
        Bounds bounds = new Bounds();
        bounds.node(expression, 1, Expression.FIRST_LOCAL);
        return bounds.slots;
    }

    /** Variables are bound in order: a node sees those below a number. */
    private static final class Bounds {
        private int nodes;
        private int slots = Expression.FIRST_LOCAL;

        void node(Expression expression, int depth, int bound) {
            if (++nodes > MOST_NODES) {
                throw new IllegalArgumentException("it has more than " + MOST_NODES + " parts");
            }
            if (depth > DEEPEST) {
                throw new IllegalArgumentException("it nests deeper than " + DEEPEST + " levels");
            }
            switch (expression) {
                case Expression.Constant constant -> {}
                case Expression.Variable variable -> visible(variable.slot(), bound);
                case Expression.Field field -> node(field.operand(), depth + 1, bound);
                case Expression.HasField field -> node(field.operand(), depth + 1, bound);
                case Expression.Call call -> call.operands().forEach(o -> node(o, depth + 1, bound));
                case Expression.Matches matches -> {
                    if (matches.pattern().programSize() > LARGEST_PATTERN) {
                        throw new IllegalArgumentException("its regular expression is too large");
                    }
                    node(matches.operand(), depth + 1, bound);
                }
                case Expression.ListOf list -> list.items().forEach(i -> node(i, depth + 1, bound));
                case Expression.MapOf map -> map.values().forEach(v -> node(v, depth + 1, bound));
                case Expression.Fold fold -> {
                    if (fold.item() != bound || fold.accumulator() != bound + 1) {
                        throw new IllegalArgumentException("its variables are out of order");
                    }
                    slots = Math.max(slots, bound + 2);
                    node(fold.range(), depth + 1, bound);
                    node(fold.initial(), depth + 1, bound);
                    node(fold.proceeds(), depth + 1, bound + 2);
                    node(fold.step(), depth + 1, bound + 2);
                    node(fold.result(), depth + 1, bound + 2);
                }
                case Expression.Append append -> {
                    visible(append.accumulator(), bound);
                    if (append.accumulator() < Expression.FIRST_LOCAL) {
                        throw new IllegalArgumentException("it would change what it was given");
                    }
                    node(append.item(), depth + 1, bound);
                }
            }
        }

        private static void visible(int slot, int bound) {
            if (slot < 0 || slot >= bound) {
                throw new IllegalArgumentException("it names a variable that nothing binds");
            }
        }
    }

    private static final int NULL = 1;
    private static final int TRUE = 2;
    private static final int FALSE = 3;
    private static final int INT = 4;
    private static final int DOUBLE = 5;
    private static final int TEXT = 6;
    private static final int TYPE = 7;
    private static final int VARIABLE = 8;
    private static final int FIELD = 9;
    private static final int HAS_FIELD = 10;
    private static final int CALL = 11;
    private static final int MATCHES = 12;
    private static final int LIST = 13;
    private static final int MAP = 14;
    private static final int FOLD = 15;
    private static final int APPEND = 16;

    private static void write(Expression expression, DataOutputStream out) throws IOException {
        switch (expression) {
            case Expression.Constant constant -> constant(constant.value(), out);
            case Expression.Variable variable -> {
                out.writeByte(VARIABLE);
                out.writeByte(variable.slot());
            }
            case Expression.Field field -> {
                out.writeByte(FIELD);
                out.writeUTF(field.name());
                write(field.operand(), out);
            }
            case Expression.HasField field -> {
                out.writeByte(HAS_FIELD);
                out.writeUTF(field.name());
                write(field.operand(), out);
            }
            case Expression.Call call -> {
                out.writeByte(CALL);
                out.writeByte(call.operation().number());
                all(call.operands(), out);
            }
            case Expression.Matches matches -> {
                out.writeByte(MATCHES);
                out.writeUTF(matches.pattern().pattern());
                write(matches.operand(), out);
            }
            case Expression.ListOf list -> {
                out.writeByte(LIST);
                out.writeShort(list.items().size());
                all(list.items(), out);
            }
            case Expression.MapOf map -> {
                out.writeByte(MAP);
                out.writeShort(map.keys().size());
                for (String key : map.keys()) {
                    out.writeUTF(key);
                }
                all(map.values(), out);
            }
            case Expression.Fold fold -> {
                out.writeByte(FOLD);
                out.writeByte(fold.item());
                out.writeByte(fold.accumulator());
                all(List.of(fold.range(), fold.initial(), fold.proceeds(), fold.step(), fold.result()), out);
            }
            case Expression.Append append -> {
                out.writeByte(APPEND);
                out.writeByte(append.accumulator());
                write(append.item(), out);
            }
        }
    }

    private static void all(List<Expression> expressions, DataOutputStream out) throws IOException {
        for (Expression expression : expressions) {
            write(expression, out);
        }
    }

    private static void constant(Object value, DataOutputStream out) throws IOException {
        switch (value) {
            case JsonNull nothing -> out.writeByte(NULL);
            case Boolean holds -> out.writeByte(holds ? TRUE : FALSE);
            case Long number -> {
                out.writeByte(INT);
                out.writeLong(number);
            }
            case Double number -> {
                out.writeByte(DOUBLE);
                out.writeDouble(number);
            }
            case String text -> {
                out.writeByte(TEXT);
                out.writeUTF(text);
            }
            case ValueType type -> {
                out.writeByte(TYPE);
                out.writeUTF(type.word());
            }
            default -> throw new IllegalArgumentException("a constant is of no type that conditions have");
        }
    }

    private static final class Reader {
        private final DataInputStream in;
        private int nodes;

        Reader(DataInputStream in) {
            this.in = in;
        }

        Expression node(int depth) throws IOException {
            if (++nodes > MOST_NODES || depth > DEEPEST) {
                throw new IllegalArgumentException("it is too large");
            }
            int kind = in.readUnsignedByte();
            return switch (kind) {
                case NULL -> new Expression.Constant(JsonNull.NULL);
                case TRUE -> new Expression.Constant(true);
                case FALSE -> new Expression.Constant(false);
                case INT -> new Expression.Constant(in.readLong());
                case DOUBLE -> new Expression.Constant(in.readDouble());
                case TEXT -> new Expression.Constant(in.readUTF());
                case TYPE ->
                    new Expression.Constant(ValueType.named(in.readUTF()).orElseThrow(Reader::unknown));
                case VARIABLE -> new Expression.Variable(in.readUnsignedByte());
                case FIELD -> {
                    String name = in.readUTF();
                    yield new Expression.Field(node(depth + 1), name);
                }
                case HAS_FIELD -> {
                    String name = in.readUTF();
                    yield new Expression.HasField(node(depth + 1), name);
                }
                case CALL -> {
                    Operation operation = operation(in.readUnsignedByte());
                    yield new Expression.Call(operation, nodes(operation.operands(), depth));
                }
                case MATCHES -> {
                    Pattern pattern = pattern(in.readUTF());
                    yield new Expression.Matches(node(depth + 1), pattern);
                }
                case LIST -> new Expression.ListOf(nodes(in.readUnsignedShort(), depth));
                case MAP -> {
                    List<String> keys = new ArrayList<>();
                    for (int i = in.readUnsignedShort(); i > 0; i--) {
                        keys.add(in.readUTF());
                    }
                    yield new Expression.MapOf(keys, nodes(keys.size(), depth));
                }
                case FOLD -> {
                    int item = in.readUnsignedByte();
                    int accumulator = in.readUnsignedByte();
                    List<Expression> parts = nodes(5, depth);
                    yield new Expression.Fold(
                            parts.get(0), item, accumulator, parts.get(1), parts.get(2), parts.get(3), parts.get(4));
                }
                case APPEND -> {
                    int accumulator = in.readUnsignedByte();
                    yield new Expression.Append(accumulator, node(depth + 1));
                }
                default -> throw unknown();
            };
        }

        private List<Expression> nodes(int count, int depth) throws IOException {
            List<Expression> nodes = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                nodes.add(node(depth + 1));
            }
            return nodes;
        }

        private static Operation operation(int number) {
            for (Operation operation : Operation.values()) {
                if (operation.number() == number) {
                    return operation;
                }
            }
            throw unknown();
        }

        private static Pattern pattern(String text) {
            try {
                return Pattern.compile(text);
            } catch (PatternSyntaxException e) {
                throw new IllegalArgumentException("its regular expression is none", e);
            }
        }

        private static IllegalArgumentException unknown() {
            return new IllegalArgumentException("it holds something that this release does not know");
        }
    }
}
