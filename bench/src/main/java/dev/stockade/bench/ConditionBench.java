package dev.stockade.bench;

import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.model.json.Arguments;
import dev.stockade.model.json.JsonRefusedException;
import dev.stockade.model.policy.Condition;
import dev.stockade.model.policy.EvaluationBudget;
import dev.stockade.model.policy.Facts;
import dev.stockade.model.policy.GuardedKind;
import dev.stockade.model.policy.Question;
import dev.stockade.policy.when.Compilation;
import dev.stockade.policy.when.ConditionCompiler;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Evaluating one condition on the arguments of one call; and the same by cel-java, on arguments that have been read for it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ConditionBench {
    private static final String WHEN =
            "args.repo.startsWith(\"acme/\") && args.number > 3 && args.labels.all(l, l != \"secret\")";
    private static final String ARGUMENTS = "{\"repo\":\"acme/x\",\"number\":7,\"labels\":[\"bug\",\"ui\"]}";
    private static final SpiffeId AGENT = new SpiffeId("stockade.local", "agents", WorkloadKind.AGENT, "triage");
    private static final SpiffeId SERVER = new SpiffeId("stockade.local", "tools", WorkloadKind.MCP, "github");

    private final Map<String, Object> values = Map.of("repo", "acme/x", "number", 7L, "labels", List.of("bug", "ui"));
    private final Condition condition = compiled();
    private final CelRuntime.Program program = googles();
    private Facts read = facts();

    /** Reads the arguments, which are kept once they are. */
    @Setup
    public void arguments() {
        read = facts();
        if (condition.evaluate(read, new EvaluationBudget()) != Condition.Outcome.TRUE) {
            throw new IllegalStateException("the condition does not hold");
        }
    }

    private static Condition compiled() {
        if (ConditionCompiler.compile(WHEN) instanceof Compilation.Compiled compiled) {
            return compiled.condition();
        }
        throw new IllegalStateException("the condition is not compiled: " + WHEN);
    }

    private static CelRuntime.Program googles() {
        CelOptions options =
                CelOptions.current().enableHeterogeneousNumericComparisons(true).build();
        try {
            return CelRuntimeFactory.plannerRuntimeBuilder()
                    .setOptions(options)
                    .build()
                    .createProgram(CelCompilerFactory.standardCelCompilerBuilder()
                            .setOptions(options)
                            .setStandardMacros(dev.cel.parser.CelStandardMacro.STANDARD_MACROS)
                            .addVar("args", MapType.create(SimpleType.STRING, SimpleType.DYN))
                            .setResultType(SimpleType.BOOL)
                            .build()
                            .compile(WHEN)
                            .getAst());
        } catch (CelValidationException | CelEvaluationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Facts facts() {
        try {
            return new Facts(
                    AGENT,
                    "default",
                    SERVER,
                    Question.used("tools/call", GuardedKind.TOOL, "get_issue", Arguments.of(ARGUMENTS)));
        } catch (JsonRefusedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Benchmark
    public Condition.Outcome condition() {
        return condition.evaluate(read, new EvaluationBudget());
    }

    @Benchmark
    public Condition.Outcome conditionAndItsArguments() {
        return condition.evaluate(facts(), new EvaluationBudget());
    }

    @Benchmark
    public Object celJava() throws CelEvaluationException {
        return program.eval(Map.of("args", values));
    }
}
