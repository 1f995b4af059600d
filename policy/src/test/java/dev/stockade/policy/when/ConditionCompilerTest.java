package dev.stockade.policy.when;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConditionCompilerTest {
    private static final SpiffeId AGENT = new SpiffeId("stockade.local", "agents", WorkloadKind.AGENT, "triage");
    private static final SpiffeId SERVER = new SpiffeId("stockade.local", "tools", WorkloadKind.MCP, "github");

    private static CompiledCondition compiled(String when) {
        Compilation made = ConditionCompiler.compile(when);
        assertThat(made).isInstanceOf(Compilation.Compiled.class);
        return ((Compilation.Compiled) made).condition();
    }

    private static Outcome evaluate(String when, Question question) {
        return compiled(when).evaluate(new Facts(AGENT, "bot", SERVER, question), new EvaluationBudget());
    }

    private static Outcome evaluate(String when, String arguments) throws JsonRefusedException {
        return evaluate(when, Question.used("tools/call", GuardedKind.TOOL, "get", Arguments.of(arguments)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "args.repo ==                               | 13 | EOF",
                "args.a == 1 &&                             | 15 | EOF",
                "agent.nme == 'x'                           | 6 | undefined field 'nme'",
                "user == 'x'                                | 1 | undeclared reference to 'user'",
                "1 + 'a' == args.b                          | 3 | found no matching overload for '_+_'",
                "agent.name                                 | 6 | expected type 'bool' but found 'string'",
                "args.a == 1u                               | 11 | unsigned integers do not exist in JSON",
                "args.a == b'x'                             | 11 | values of this kind do not exist in JSON",
                "timestamp(args.a) > timestamp(args.b)      | 10 | the function 'timestamp' is not available",
                "args.a.matches(args.b)                     | 20 | the pattern of matches must be a text in quotes",
                "args.a.matches('(')                        | 16 | not a regular expression of RE2",
                "args.a.matches('(?=x)')                    | 16 | not a regular expression of RE2",
                "args.a.matches('(a{100}){100}')            | 16 | regular expression",
                "{1: 'a'} == args.a                         | 2 | the keys of a map must be texts in quotes",
                "type(args.a) == bytes                      | 17 | 'bytes' is not available",
                "args.a.all(x, args.b.all(y, args.c.all(z, x == y && y == z))) | 1 | steps",
            })
    void aMistakeIsNamedWithItsColumn(String when, int column, String named) {
        assertThat(ConditionCompiler.compile(when.strip()))
                .isInstanceOfSatisfying(Compilation.Mistake.class, mistake -> {
                    assertThat(mistake.line()).isOne();
                    assertThat(mistake.column()).isEqualTo(column);
                    assertThat(mistake.message()).contains(named);
                    assertThat(mistake.sentence()).startsWith("line 1, column ").endsWith(".");
                });
    }

    @Test
    void theLineIsCounted() {
        assertThat(ConditionCompiler.compile("args.a == 1 &&\n  agnt.name == 'x'"))
                .isInstanceOfSatisfying(Compilation.Mistake.class, mistake -> {
                    assertThat(mistake.line()).isEqualTo(2);
                    assertThat(mistake.column()).isEqualTo(3);
                });
    }

    @Test
    void whatIsTooLargeIsRefused() {
        assertThat(ConditionCompiler.compile("args.a == '" + "x".repeat(4096) + "'"))
                .isInstanceOf(Compilation.Mistake.class);
        assertThat(ConditionCompiler.compile("args.a" + " || args.a".repeat(400)))
                .isInstanceOf(Compilation.Mistake.class);
        assertThat(ConditionCompiler.compile("(".repeat(300) + "true" + ")".repeat(300)))
                .isInstanceOf(Compilation.Mistake.class);
        assertThat(ConditionCompiler.compile("args" + ".a".repeat(60) + " == 1"))
                .isInstanceOf(Compilation.Mistake.class);
    }

    @Test
    void itSeesArgumentsAgentServerAndRequest() {
        Question call = Question.used("tools/call", GuardedKind.TOOL, "get", Arguments.none());

        assertThat(evaluate("agent.namespace == 'agents' && agent.name == 'triage'", call))
                .isEqualTo(Outcome.TRUE);
        assertThat(evaluate("agent.spiffeId == 'spiffe://stockade.local/ns/agents/agent/triage'", call))
                .isEqualTo(Outcome.TRUE);
        assertThat(evaluate("agent.serviceAccount == 'bot'", call)).isEqualTo(Outcome.TRUE);
        assertThat(evaluate("server.namespace == 'tools' && server.name == 'github'", call))
                .isEqualTo(Outcome.TRUE);
        assertThat(evaluate("request.method == 'tools/call' && request.kind == 'tool' && request.name == 'get'", call))
                .isEqualTo(Outcome.TRUE);
        assertThat(evaluate("size(args) == 0", call)).isEqualTo(Outcome.TRUE);
    }

    @Test
    void aResourceIsSeenByItsUri() {
        Question read = Question.resource("resources/read", "repo://acme/x");

        assertThat(evaluate("args.uri == 'repo://acme/x' && size(args) == 1", read))
                .isEqualTo(Outcome.TRUE);
        assertThat(evaluate("request.kind == 'resource'", read)).isEqualTo(Outcome.TRUE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "type(args.n) == int          | {\"n\": 1}",
                "type(args.n) == int          | {\"n\": -0}",
                "type(args.n) == double       | {\"n\": 1.0}",
                "type(args.n) == double       | {\"n\": 1e2}",
                "args.n == 1                  | {\"n\": 1.0}",
                "args.n == 0                  | {\"n\": -0.0}",
                "args.n == 1.0                | {\"n\": 1}",
                "args.n < 1.5                 | {\"n\": 1}",
                "args.n > 1                   | {\"n\": 1.0000001}",
                "args.n in [1, 2]             | {\"n\": 2.0}",
                "args.n == 9007199254740992   | {\"n\": 9007199254740992}",
                "args.n != args.m             | {\"n\": \"1\", \"m\": 1}",
                "args.n == null               | {\"n\": null}",
                "has(args.n)                  | {\"n\": null}",
                "args.s == 'é'                | {\"s\": \"\\u00e9\"}",
                "args.s != 'é'                | {\"s\": \"e\\u0301\"}",
                "size(args.s) == 1            | {\"s\": \"\\ud83d\\ude00\"}",
                "args.s > '\uE000'            | {\"s\": \"\\ud83d\\ude00\"}",
            })
    void valuesAreThoseOfJson(String when, String arguments) throws JsonRefusedException {
        assertThat(evaluate(when.strip(), arguments)).isEqualTo(Outcome.TRUE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "args.missing == 1",
                "args.s < 1",
                "args.s",
                "args.n && true",
                "args.list[7] == 1",
                "args.n / 0 == 1",
                "args.big * 4096 * 4096 > 0",
                "args.s.x == 1",
                "args.s.exists(x, true)",
                "args.list.all(x, x.startsWith('a'))"
            })
    void whatHasNoValueIsAnError(String when) throws JsonRefusedException {
        assertThat(evaluate(when, "{\"s\": \"a\", \"n\": 1, \"list\": [1], \"big\": 9007199254740992}"))
                .isEqualTo(Outcome.ERROR);
    }

    @Test
    void aMissingFieldDoesNotMatterWhereTheRestDecides() throws JsonRefusedException {
        assertThat(evaluate("args.missing == 1 || args.n == 1", "{\"n\": 1}")).isEqualTo(Outcome.TRUE);
        assertThat(evaluate("args.missing == 1 && args.n == 2", "{\"n\": 1}")).isEqualTo(Outcome.FALSE);
        assertThat(evaluate("args.list.exists(x, x.a == 1)", "{\"list\": [{}, {\"a\": 1}]}"))
                .isEqualTo(Outcome.TRUE);
    }

    @Test
    void regularExpressionsAreThoseOfRe2AndFindAPart() throws JsonRefusedException {
        assertThat(evaluate("args.s.matches('b+')", "{\"s\": \"abbc\"}")).isEqualTo(Outcome.TRUE);
        assertThat(evaluate("args.s.matches('^b+$')", "{\"s\": \"abbc\"}")).isEqualTo(Outcome.FALSE);
        assertThat(evaluate("args.s.matches('^(a+)+$')", "{\"s\": \"" + "a".repeat(500) + "!\"}"))
                .isEqualTo(Outcome.FALSE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "args.list.exists(x, args.list.exists(y, x + y == -1))",
                "args.list.map(x, args.list).size() >= 0 && args.list.exists(x, args.list == args.list && false)",
                "args.text.matches('(x|y)+z')",
                "(args.text + args.text + args.text).contains('z')",
            })
    void aCostOverTheBoundIsAnErrorAndEndsEarly(String when) throws JsonRefusedException {
        String arguments = "{\"list\": [" + "1,".repeat(9_000) + "1], \"text\": \"" + "x".repeat(2_000_000) + "\"}";
        EvaluationBudget budget = new EvaluationBudget();
        Facts facts = new Facts(
                AGENT, "bot", SERVER, Question.used("tools/call", GuardedKind.TOOL, "get", Arguments.of(arguments)));

        assertThat(compiled(when).evaluate(facts, budget)).isEqualTo(Outcome.ERROR);
    }

    @Test
    void argumentsWithMoreValuesThanMayBeLookedAtAreAnErrorWhereTheyAreRead() throws JsonRefusedException {
        String arguments = "{\"a\": 1, \"list\": [" + "1,".repeat(20_000) + "1]}";

        assertThat(evaluate("args.a == 1", arguments)).isEqualTo(Outcome.ERROR);
        assertThat(evaluate("agent.name == 'triage'", arguments)).isEqualTo(Outcome.TRUE);
    }

    @Test
    void manyConditionsTogetherAreBoundedToo() throws JsonRefusedException {
        String arguments = "{\"list\": [" + "1,".repeat(7_000) + "1]}";
        Facts facts = new Facts(
                AGENT, "bot", SERVER, Question.used("tools/call", GuardedKind.TOOL, "get", Arguments.of(arguments)));
        CompiledCondition dear = compiled("args.list.exists(x, x == 2)");
        EvaluationBudget budget = new EvaluationBudget();

        int answered = 0;
        while (dear.evaluate(facts, budget) == Outcome.FALSE) {
            answered++;
        }

        assertThat(answered).isBetween(1, EvaluationBudget.OF_ONE_MESSAGE / 7_000);
        assertThat(compiled("true").evaluate(facts, budget)).isEqualTo(Outcome.ERROR);
    }

    @Test
    void aLargeTextThatNobodyLooksIntoCostsNothing() throws JsonRefusedException {
        assertThat(evaluate(
                        "args.path.startsWith('/data/')",
                        "{\"path\": \"/data/x\", \"content\": \"" + "x".repeat(3_000_000) + "\"}"))
                .isEqualTo(Outcome.TRUE);
    }
}
