package dev.stockade.cli.question;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.policy.Decision;
import dev.stockade.model.policy.Decision.RuleReference;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What becomes of a message.
 *
 * @param allowed whether it reaches the server
 * @param decision as it stands in the audit line: {@code allow}, {@code deny}, or {@code observe-deny} where the server lets
 *     through what the policy refuses
 * @param reason of a refusal, in the words of the audit log; {@code not_in_mesh} where there is no line, since there is no
 *     identity or no sidecar; empty for {@code allow}
 * @param by the rule that decided
 * @param caller what the agent's program gets instead of the server's answer; empty if it is allowed
 * @param shadow what would be decided if the policies that are only tried out were enforced, too; empty if there are none
 * @param why a sentence for people, and what to do; empty for {@code allow}
 * @param notes sentences for what else a person should know
 */
public record Answer(
        Question question,
        boolean allowed,
        String decision,
        String reason,
        Optional<RuleReference> by,
        Optional<Refusal> caller,
        Optional<Decision> shadow,
        String why,
        List<String> notes) {
    public Answer {
        requireNonNull(question);
        requireNonNull(decision);
        requireNonNull(reason);
        requireNonNull(by);
        requireNonNull(caller);
        requireNonNull(shadow);
        requireNonNull(why);
        notes = List.copyOf(notes);
    }

    /**
     * What the agent's program gets.
     *
     * @param status of HTTP
     * @param code of the JSON-RPC error; absent where the agent's own sidecar answers, which speaks no JSON-RPC
     * @param message the sentence
     */
    public record Refusal(int status, OptionalInt code, String message) {
        public Refusal {
            requireNonNull(code);
            requireNonNull(message);
        }
    }
}
