package dev.stockade.policy.when;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.values.NullValue;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import dev.stockade.condition.CompiledCondition;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.model.json.Arguments;
import dev.stockade.model.json.JsonRefusedException;
import dev.stockade.model.policy.Condition.Outcome;
import dev.stockade.model.policy.EvaluationBudget;
import dev.stockade.model.policy.Facts;
import dev.stockade.model.policy.GuardedKind;
import dev.stockade.model.policy.Question;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whether our evaluation says what Google's does, of conditions and arguments that nobody chose. */
class CelAgreementTest {
    private static final CelOptions OPTIONS =
            CelOptions.current().enableHeterogeneousNumericComparisons(true).build();
    private static final CelCompiler COMPILER = CelCompilerFactory.standardCelCompilerBuilder()
            .setOptions(OPTIONS)
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .addVar("args", MapType.create(SimpleType.STRING, SimpleType.DYN))
            .setResultType(SimpleType.BOOL)
            .build();
    private static final CelRuntime RUNTIME =
            CelRuntimeFactory.plannerRuntimeBuilder().setOptions(OPTIONS).build();
    private static final SpiffeId AGENT = new SpiffeId("stockade.local", "agents", WorkloadKind.AGENT, "triage");
    private static final SpiffeId SERVER = new SpiffeId("stockade.local", "tools", WorkloadKind.MCP, "github");

    private static final String[] FIELDS = {"a", "b", "c", "list", "map"};
    private static final String[] WORDS = {"", "a", "b", "ab", "acme/x", "é", "\uD83D\uDE00"};

    private final Random random = new Random(25);

    @Test
    void ourEvaluationSaysWhatGooglesSays() throws JsonRefusedException {
        Map<Outcome, Integer> seen = new EnumMap<>(Outcome.class);
        int compared = 0;
        for (int round = 0; round < 2000; round++) {
            String text = bool(3 + random.nextInt(2), "");
            if (!(ConditionCompiler.compile(text) instanceof Compilation.Compiled compiled)) {
                continue;
            }
            CelRuntime.Program program = googles(text);
            CompiledCondition travelled =
                    CompiledCondition.read(compiled.condition().form());
            for (int i = 0; i < 4; i++) {
                Map<String, Object> args = object(2);
                String json = json(args);
                Outcome expected = outcome(program, args);
                Facts facts = new Facts(
                        AGENT,
                        "triage",
                        SERVER,
                        Question.used("tools/call", GuardedKind.TOOL, "t", Arguments.of(json)));

                assertThat(travelled.evaluate(facts, new EvaluationBudget()))
                        .as("%s with %s", text, json)
                        .isEqualTo(expected);
                seen.merge(expected, 1, Integer::sum);
                compared++;
            }
        }
        assertThat(compared).isGreaterThan(3000);
        assertThat(seen.values())
                .as(seen.toString())
                .allSatisfy(n -> assertThat(n).isGreaterThan(300));
        assertThat(seen).hasSize(3);
    }

    private static CelRuntime.Program googles(String text) {
        try {
            CelAbstractSyntaxTree tree = COMPILER.compile(text).getAst();
            return RUNTIME.createProgram(tree);
        } catch (CelValidationException | CelEvaluationException e) {
            throw new AssertionError(text + " is compiled by us and not by Google", e);
        }
    }

    private static Outcome outcome(CelRuntime.Program program, Map<String, Object> args) {
        try {
            Object value = program.eval(Map.of("args", args));
            return value instanceof Boolean holds ? (holds ? Outcome.TRUE : Outcome.FALSE) : Outcome.ERROR;
        } catch (CelEvaluationException e) {
            return Outcome.ERROR;
        }
    }

    private <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private String word() {
        return WORDS[random.nextInt(WORDS.length)];
    }

    private String bool(int depth, String local) {
        if (depth == 0) {
            return one(List.of("true", "false", "has(args.a)", "args.b", "args.a == args.b"));
        }
        return switch (random.nextInt(16)) {
            case 0 -> "(" + bool(depth - 1, local) + " && " + bool(depth - 1, local) + ")";
            case 1 -> "(" + bool(depth - 1, local) + " || " + bool(depth - 1, local) + ")";
            case 2 -> "!(" + bool(depth - 1, local) + ")";
            case 3 ->
                "(" + bool(depth - 1, local) + " ? " + bool(depth - 1, local) + " : " + bool(depth - 1, local) + ")";
            case 4, 5 -> value(depth - 1, local) + one(List.of(" == ", " != ")) + value(depth - 1, local);
            case 6, 7 -> value(depth - 1, local) + one(List.of(" < ", " <= ", " > ", " >= ")) + value(depth - 1, local);
            case 8 -> value(depth - 1, local) + " in " + container(depth - 1, local);
            case 9 ->
                "dyn(" + value(depth - 1, local) + ")."
                        + one(List.of("startsWith", "endsWith", "contains"))
                        + "('" + word() + "')";
            case 10 ->
                "dyn(" + value(depth - 1, local) + ").matches('" + one(List.of("^a", "b$", "^acme/[a-z]+$", ".", ""))
                        + "')";
            case 11, 12 -> {
                String item = "v" + depth;
                yield container(depth - 1, local) + "."
                        + one(List.of("all", "exists", "exists_one")) + "(" + item + ", "
                        + bool(depth - 1, item) + ")";
            }
            case 13 -> "has(args." + one(List.of(FIELDS)) + ")";
            case 14 ->
                "type(" + value(depth - 1, local) + ") == "
                        + one(List.of("int", "string", "double", "bool", "list", "map", "null_type"));
            default -> "has(args.map." + one(List.of(FIELDS)) + ")";
        };
    }

    private String value(int depth, String local) {
        if (!local.isEmpty() && random.nextInt(3) == 0) {
            return local;
        }
        if (depth == 0) {
            return one(List.of(
                    "args.a",
                    "args.b",
                    "args.c",
                    "dyn(1)",
                    "dyn(2.5)",
                    "dyn('ab')",
                    "dyn(null)",
                    "dyn(true)",
                    "dyn(0)"));
        }
        return switch (random.nextInt(12)) {
            case 0, 1 -> "args." + one(List.of(FIELDS));
            case 2 -> "args.map." + one(List.of(FIELDS));
            case 3 -> "args['" + one(List.of(FIELDS)) + "']";
            case 4 -> "args.list[" + random.nextInt(3) + "]";
            case 5 -> "dyn(size(" + one(List.of("args.list", "args.map", "args.a", "args.c")) + "))";
            case 6 -> "(" + value(depth - 1, local) + one(List.of(" + ", " - ", " * ")) + value(depth - 1, local) + ")";
            case 7 -> "(" + value(depth - 1, local) + one(List.of(" / ", " % ")) + value(depth - 1, local) + ")";
            case 8 -> "dyn(" + container(depth - 1, local) + ")";
            case 9 -> "dyn(" + one(List.of("int", "double")) + "(" + value(depth - 1, local) + "))";
            case 10 -> "dyn({'a': " + value(depth - 1, local) + ", 'b': 1})";
            default ->
                "dyn(" + one(List.of("1", "-1", "9007199254740992", "2.0", "'a'", "'acme/x'", "[1, 2]", "null")) + ")";
        };
    }

    private String container(int depth, String local) {
        return switch (random.nextInt(6)) {
            case 0, 1 -> "args.list";
            case 2 -> "args.map";
            case 3 -> "dyn([" + value(0, local) + ", " + value(0, local) + "])";
            case 4 ->
                depth == 0 ? "args.list" : "args.list.filter(f" + depth + ", " + bool(depth - 1, "f" + depth) + ")";
            default ->
                depth == 0 ? "args.list" : "args.list.map(m" + depth + ", " + value(depth - 1, "m" + depth) + ")";
        };
    }

    private Map<String, Object> object(int depth) {
        Map<String, Object> members = new LinkedHashMap<>();
        for (String field : FIELDS) {
            if (random.nextInt(6) > 0) {
                members.put(
                        field,
                        depth > 0 && field.equals("list")
                                ? list(depth - 1)
                                : depth > 0 && field.equals("map") ? object(depth - 1) : any(depth - 1));
            }
        }
        return members;
    }

    private List<Object> list(int depth) {
        List<Object> items = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            items.add(any(depth));
        }
        return items;
    }

    private Object any(int depth) {
        return switch (random.nextInt(depth > 0 ? 10 : 8)) {
            case 0, 1 -> word();
            case 2, 3 -> (long) random.nextInt(-2, 4);
            case 4 -> random.nextInt(-4, 8) / 2.0;
            case 5 -> random.nextBoolean();
            case 6 -> NullValue.NULL_VALUE;
            case 7 -> 9007199254740992L;
            case 8 -> list(depth - 1);
            default -> object(depth - 1);
        };
    }

    private static String json(Object value) {
        return switch (value) {
            case NullValue nothing -> "null";
            case String text -> "\"" + text + "\"";
            case List<?> list -> {
                List<String> items = new ArrayList<>();
                list.forEach(item -> items.add(json(item)));
                yield "[" + String.join(",", items) + "]";
            }
            case Map<?, ?> map -> {
                List<String> members = new ArrayList<>();
                map.forEach((key, item) -> members.add("\"" + key + "\":" + json(item)));
                yield "{" + String.join(", ", members) + "}";
            }
            default -> value.toString();
        };
    }
}
