package dev.stockade.cli.cases;

import dev.stockade.cli.question.Answer;
import dev.stockade.model.policy.Decision.RuleReference;

/** What a case may expect of an answer. */
public enum Expectation {
    /** {@code allow}, {@code deny} or {@code observe-deny}. */
    DECISION("expect"),
    POLICY("policy"),
    RULE("rule"),
    REASON("reason"),
    /** The sentence that the caller gets. */
    MESSAGE("message"),
    /** What it would be with the policies in Shadow enforced: {@code allow} or {@code deny}. */
    SHADOW("shadow");

    private final String key;

    Expectation(String key) {
        this.key = key;
    }

    /** As it stands in a case. */
    public String key() {
        return key;
    }

    /** What the answer says of it; empty if nothing. */
    String of(Answer answer) {
        return switch (this) {
            case DECISION -> answer.decision();
            case POLICY -> answer.by().map(RuleReference::policy).orElse("");
            case RULE -> answer.by().map(RuleReference::rule).orElse("");
            case REASON -> answer.reason();
            case MESSAGE -> answer.caller().map(Answer.Refusal::message).orElse("");
            case SHADOW ->
                answer.shadow().map(s -> s.allows() ? "allow" : "deny").orElse("");
        };
    }
}
