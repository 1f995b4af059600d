package dev.stockade.policy.when;

import com.google.common.collect.ImmutableCollection;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.errorprone.annotations.Immutable;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelIssue;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.CelValidationResult;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import dev.stockade.condition.CompiledCondition;
import dev.stockade.condition.Expression;
import dev.stockade.policy.when.Compilation.Compiled;
import dev.stockade.policy.when.Compilation.Mistake;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Compiles conditions. Pure: the same text gives the same result, which is kept, since policies are compiled again and again. */
public final class ConditionCompiler {
    /** In characters; the schema has the same bound. */
    static final int LONGEST = 4096;

    /** How many results are kept; beyond that all are forgotten. */
    private static final int MOST_KEPT = 4096;

    private static final int LONGEST_MESSAGE = 400;

    private static final StructType AGENT = struct("agent", "namespace", "name", "spiffeId", "serviceAccount");
    private static final StructType SERVER = struct("server", "namespace", "name");
    private static final StructType REQUEST = struct("request", "method", "kind", "name");

    private static final CelCompiler CEL = CelCompilerFactory.standardCelCompilerBuilder()
            .setOptions(CelOptions.current()
                    .enableHeterogeneousNumericComparisons(true)
                    .maxExpressionCodePointSize(LONGEST)
                    .maxParseRecursionDepth(64)
                    .build())
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .setTypeProvider(new Types(ImmutableList.of(AGENT, SERVER, REQUEST)))
            .addVar("args", MapType.create(SimpleType.STRING, SimpleType.DYN))
            .addVar("agent", AGENT)
            .addVar("server", SERVER)
            .addVar("request", REQUEST)
            .setResultType(SimpleType.BOOL)
            .build();

    private static final Map<String, Compilation> KEPT = new ConcurrentHashMap<>();

    private ConditionCompiler() {}

    private static StructType struct(String name, String... fields) {
        ImmutableSet<String> names = ImmutableSet.copyOf(fields);
        return StructType.create("stockade." + name, names, field -> Optional.of(SimpleType.STRING));
    }

    @Immutable
    private record Types(ImmutableList<CelType> list) implements CelTypeProvider {
        @Override
        public ImmutableCollection<CelType> types() {
            return list;
        }

        @Override
        public Optional<CelType> findType(String name) {
            return list.stream().filter(type -> type.name().equals(name)).findFirst();
        }
    }

    /** Parses, type-checks, translates and bounds the condition. */
    public static Compilation compile(String when) {
        Compilation known = KEPT.get(when);
        if (known != null) {
            return known;
        }
        Compilation made = compileAnew(when);
        if (KEPT.size() >= MOST_KEPT) {
            KEPT.clear();
        }
        KEPT.put(when, made);
        return made;
    }

    private static Compilation compileAnew(String when) {
        if (when.codePointCount(0, when.length()) > LONGEST) {
            return new Mistake(1, 1, "the condition has more than " + LONGEST + " characters: shorten it");
        }
        CelValidationResult result = CEL.compile(when);
        CelAbstractSyntaxTree tree;
        try {
            tree = result.getAst();
        } catch (CelValidationException e) {
            return mistake(e.getErrors().getFirst());
        }
        try {
            Expression expression = new Translation(tree).translate();
            long cost = CostEstimate.of(expression);
            if (cost > CostEstimate.MOST) {
                return new Mistake(
                        1,
                        1,
                        "it could cost " + cost + " steps with lists of " + CostEstimate.ITEMS + " items, and "
                                + CostEstimate.MOST
                                + " are allowed: nest fewer of all, exists, exists_one, filter and map in each other");
            }
            return new Compiled(new CompiledCondition(expression));
        } catch (Translation.RefusedException e) {
            return e.mistake();
        } catch (IllegalArgumentException e) {
            return new Mistake(1, 1, "it is too large: " + e.getMessage());
        }
    }

    private static Mistake mistake(CelIssue issue) {
        String message = issue.getMessage().replaceAll("\\s+", " ").strip();
        if (message.length() > LONGEST_MESSAGE) {
            message = message.substring(0, LONGEST_MESSAGE) + "...";
        }
        return new Mistake(
                Math.max(1, issue.getSourceLocation().getLine()),
                Math.max(0, issue.getSourceLocation().getColumn()) + 1,
                message);
    }
}
