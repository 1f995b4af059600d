package dev.stockade.cli.cases;

import static java.util.Objects.requireNonNull;

import dev.stockade.cli.UnusableException;
import dev.stockade.cli.question.Answer;
import dev.stockade.cli.question.Answering;
import dev.stockade.cli.question.Naming;
import dev.stockade.cli.question.Question;
import dev.stockade.cli.question.Resources;
import dev.stockade.policy.ResourceName;
import java.util.ArrayList;
import java.util.List;

/** What became of a case. */
public sealed interface CaseResult {
    Case of();

    /** The answer is the one that was expected. */
    record Passed(Case of, Answer answer) implements CaseResult {
        public Passed {
            requireNonNull(of);
            requireNonNull(answer);
        }
    }

    /** @param differences a sentence for each thing that is not as expected */
    record Failed(Case of, Answer answer, List<String> differences) implements CaseResult {
        public Failed {
            requireNonNull(of);
            requireNonNull(answer);
            differences = List.copyOf(differences);
        }
    }

    /** It cannot be asked: it names something that does not exist. */
    record Unusable(Case of, String sentence) implements CaseResult {
        public Unusable {
            requireNonNull(of);
            requireNonNull(sentence);
        }
    }

    /** Asks, and compares. */
    static CaseResult check(Resources resources, Case one) {
        Answer answer;
        try {
            Naming naming = new Naming(resources);
            var agent = naming.agent(one.agent());
            answer = Answering.answer(
                    resources,
                    new Question(
                            ResourceName.of(agent),
                            naming.server(one.server(), agent),
                            one.verb(),
                            one.thing(),
                            one.arguments()));
        } catch (UnusableException e) {
            return new Unusable(one, String.join(" ", e.sentences()));
        }
        List<String> differences = new ArrayList<>();
        for (Expectation expectation : Expectation.values()) {
            String wanted = one.expected().get(expectation);
            String said = expectation.of(answer);
            if (wanted != null && !wanted.equals(said)) {
                differences.add(
                        expectation.key() + ": expected " + wanted + ", is " + (said.isEmpty() ? "nothing" : said));
            }
        }
        return differences.isEmpty() ? new Passed(one, answer) : new Failed(one, answer, differences);
    }
}
