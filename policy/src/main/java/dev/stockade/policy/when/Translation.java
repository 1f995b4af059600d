package dev.stockade.policy.when;

import static java.util.Objects.requireNonNull;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelSourceLocation;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelCall;
import dev.cel.common.ast.CelExpr.CelComprehension;
import dev.cel.common.ast.CelReference;
import dev.cel.common.types.CelKind;
import dev.stockade.condition.ConditionForm;
import dev.stockade.condition.Expression;
import dev.stockade.condition.Operation;
import dev.stockade.condition.ValueType;
import dev.stockade.model.json.JsonNull;
import dev.stockade.policy.when.Compilation.Mistake;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * From CEL's checked tree to ours. What is not named here is not available: JSON has no bytes, unsigned integers, times and
 * messages, and a condition that cannot meet one needs no operator for it.
 */
final class Translation {
    private static final Map<String, Operation> OPERATIONS = Map.ofEntries(
            Map.entry("_&&_", Operation.AND),
            Map.entry("_||_", Operation.OR),
            Map.entry("!_", Operation.NOT),
            Map.entry("_?_:_", Operation.CHOICE),
            Map.entry("_==_", Operation.EQUAL),
            Map.entry("_!=_", Operation.UNEQUAL),
            Map.entry("_<_", Operation.LESS),
            Map.entry("_<=_", Operation.LESS_OR_EQUAL),
            Map.entry("_>_", Operation.GREATER),
            Map.entry("_>=_", Operation.GREATER_OR_EQUAL),
            Map.entry("_+_", Operation.ADD),
            Map.entry("_-_", Operation.SUBTRACT),
            Map.entry("_*_", Operation.MULTIPLY),
            Map.entry("_/_", Operation.DIVIDE),
            Map.entry("_%_", Operation.MODULO),
            Map.entry("-_", Operation.NEGATE),
            Map.entry("_[_]", Operation.INDEX),
            Map.entry("@in", Operation.IN),
            Map.entry("size", Operation.SIZE),
            Map.entry("startsWith", Operation.STARTS_WITH),
            Map.entry("endsWith", Operation.ENDS_WITH),
            Map.entry("contains", Operation.CONTAINS),
            Map.entry("int", Operation.INT),
            Map.entry("double", Operation.DOUBLE),
            Map.entry("string", Operation.STRING),
            Map.entry("type", Operation.TYPE),
            Map.entry("dyn", Operation.DYN),
            Map.entry("@not_strictly_false", Operation.NOT_STRICTLY_FALSE));

    private static final Map<String, Integer> GIVEN = Map.of(
            "args", Expression.ARGS,
            "agent", Expression.AGENT,
            "server", Expression.SERVER,
            "request", Expression.REQUEST);

    private final CelAbstractSyntaxTree tree;

    /** The condition cannot be translated. */
    static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1L;

        private final transient Mistake mistake;

        RefusedException(Mistake mistake) {
            super(mistake.message(), null, false, false);
            this.mistake = mistake;
        }

        Mistake mistake() {
            return mistake;
        }
    }

    Translation(CelAbstractSyntaxTree tree) {
        this.tree = requireNonNull(tree);
    }

    Expression translate() throws RefusedException {
        return expression(tree.getExpr(), new Scope(Map.of(), Expression.FIRST_LOCAL, ""));
    }

    /**
     * The variables that are bound here.
     *
     * @param next the number of the next one
     * @param accumulator the name of the innermost accumulator, "" outside of any
     */
    private record Scope(Map<String, Integer> locals, int next, String accumulator) {
        Scope inside(CelComprehension fold) {
            Map<String, Integer> more = new HashMap<>(locals);
            more.put(fold.iterVar(), next);
            more.put(fold.accuVar(), next + 1);
            return new Scope(Map.copyOf(more), next + 2, fold.accuVar());
        }
    }

    private Expression expression(CelExpr of, Scope scope) throws RefusedException {
        return switch (of.getKind()) {
            case CONSTANT -> new Expression.Constant(constant(of, of.constant()));
            case IDENT -> named(of, scope);
            case SELECT -> {
                Expression operand = expression(of.select().operand(), scope);
                yield of.select().testOnly()
                        ? new Expression.HasField(operand, of.select().field())
                        : new Expression.Field(operand, of.select().field());
            }
            case CALL -> call(of, of.call(), scope);
            case LIST -> list(of, scope);
            case MAP -> map(of, scope);
            case COMPREHENSION -> fold(of, of.comprehension(), scope);
            case STRUCT -> throw refused(of, "conditions cannot make messages: compare single fields");
            case NOT_SET -> throw refused(of, "an expression is missing here");
        };
    }

    private Object constant(CelExpr at, CelConstant constant) throws RefusedException {
        return switch (constant.getKind()) {
            case NULL_VALUE -> JsonNull.NULL;
            case BOOLEAN_VALUE -> constant.booleanValue();
            case INT64_VALUE -> constant.int64Value();
            case DOUBLE_VALUE -> constant.doubleValue();
            case STRING_VALUE -> constant.stringValue();
            case UINT64_VALUE -> throw refused(at, "unsigned integers do not exist in JSON: leave the u out");
            default -> throw refused(at, "values of this kind do not exist in JSON: write a text in quotes");
        };
    }

    private Expression named(CelExpr of, Scope scope) throws RefusedException {
        String name = of.ident().name();
        Integer slot = scope.locals().get(name);
        if (slot == null) {
            slot = GIVEN.get(name);
        }
        if (slot != null) {
            return new Expression.Variable(slot);
        }
        Optional<CelReference> reference = tree.getReference(of.id());
        boolean isType =
                tree.getType(of.id()).map(t -> t.kind() == CelKind.TYPE).orElse(false);
        Optional<ValueType> type = isType ? ValueType.named(name) : Optional.empty();
        if (type.isPresent() && reference.isPresent()) {
            return new Expression.Constant(type.get());
        }
        throw refused(of, "'" + name + "' is not available in conditions, which see args, agent, server and request");
    }

    private Expression call(CelExpr of, CelCall call, Scope scope) throws RefusedException {
        List<CelExpr> operands = new ArrayList<>();
        call.target().ifPresent(operands::add);
        operands.addAll(call.args());
        if (call.function().equals("matches") && operands.size() == 2) {
            return new Expression.Matches(expression(operands.get(0), scope), pattern(operands.get(1)));
        }
        Operation operation = OPERATIONS.get(call.function());
        if (operation == null || operation.operands() != operands.size()) {
            throw refused(
                    of,
                    "the function '" + call.function()
                            + "' is not available in conditions; see docs/conditions.md for those that are");
        }
        if (operation == Operation.ADD && isAppend(operands, scope)) {
            return new Expression.Append(
                    requireNonNull(scope.locals().get(scope.accumulator())),
                    expression(operands.get(1).list().elements().getFirst(), scope));
        }
        List<Expression> translated = new ArrayList<>();
        for (CelExpr operand : operands) {
            translated.add(expression(operand, scope));
        }
        return new Expression.Call(operation, translated);
    }

    /** What {@code filter} and {@code map} add; no author can write the accumulator's name, so nobody else holds the list. */
    private static boolean isAppend(List<CelExpr> operands, Scope scope) {
        return !scope.accumulator().isEmpty()
                && operands.get(0).getKind() == CelExpr.ExprKind.Kind.IDENT
                && operands.get(0).ident().name().equals(scope.accumulator())
                && operands.get(1).getKind() == CelExpr.ExprKind.Kind.LIST
                && operands.get(1).list().elements().size() == 1;
    }

    /** Only literals: a pattern from the arguments would be the caller's, and would be compiled for every call. */
    private Pattern pattern(CelExpr of) throws RefusedException {
        if (of.getKind() != CelExpr.ExprKind.Kind.CONSTANT
                || of.constant().getKind() != CelConstant.Kind.STRING_VALUE) {
            throw refused(of, "the pattern of matches must be a text in quotes");
        }
        try {
            Pattern pattern = Pattern.compile(of.constant().stringValue());
            if (pattern.programSize() > ConditionForm.LARGEST_PATTERN) {
                throw refused(
                        of,
                        "the regular expression is too large: " + pattern.programSize() + " instructions, and "
                                + ConditionForm.LARGEST_PATTERN + " are allowed. Use smaller repetition counts");
            }
            return pattern;
        } catch (PatternSyntaxException e) {
            throw refused(of, "not a regular expression of RE2: " + e.getDescription() + " '" + e.getPattern() + "'");
        }
    }

    private Expression list(CelExpr of, Scope scope) throws RefusedException {
        if (!of.list().optionalIndices().isEmpty()) {
            throw refused(of, "optional elements are not available in conditions");
        }
        List<Expression> items = new ArrayList<>();
        for (CelExpr item : of.list().elements()) {
            items.add(expression(item, scope));
        }
        return new Expression.ListOf(items);
    }

    private Expression map(CelExpr of, Scope scope) throws RefusedException {
        List<String> keys = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        for (CelExpr.CelMap.Entry entry : of.map().entries()) {
            if (entry.key().getKind() != CelExpr.ExprKind.Kind.CONSTANT
                    || entry.key().constant().getKind() != CelConstant.Kind.STRING_VALUE
                    || keys.contains(entry.key().constant().stringValue())
                    || entry.optionalEntry()) {
                throw refused(entry.key(), "the keys of a map must be texts in quotes, each once");
            }
            keys.add(entry.key().constant().stringValue());
            values.add(expression(entry.value(), scope));
        }
        return new Expression.MapOf(keys, values);
    }

    private Expression fold(CelExpr of, CelComprehension fold, Scope scope) throws RefusedException {
        if (!fold.iterVar2().isEmpty()) {
            throw refused(of, "macros with two variables are not available in conditions");
        }
        Scope inside = scope.inside(fold);
        return new Expression.Fold(
                expression(fold.iterRange(), scope),
                scope.next(),
                scope.next() + 1,
                expression(fold.accuInit(), scope),
                expression(fold.loopCondition(), inside),
                expression(fold.loopStep(), inside),
                expression(fold.result(), inside));
    }

    private RefusedException refused(CelExpr at, String message) {
        CelSourceLocation location = Optional.ofNullable(
                        tree.getSource().getPositionsMap().get(at.id()))
                .flatMap(offset -> tree.getSource().getOffsetLocation(offset))
                .orElse(CelSourceLocation.of(1, 0));
        return new RefusedException(new Mistake(location.getLine(), location.getColumn() + 1, message));
    }
}
