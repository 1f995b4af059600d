package dev.stockade.cli.question;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.stockade.model.policy.Decision;
import dev.stockade.model.policy.Decision.RuleReference;
import dev.stockade.model.policy.GuardedKind;
import java.util.List;
import java.util.Optional;

/** An answer as people read it, and as programs do. */
public record AnswerText(Answer answer) {
    public AnswerText {
        requireNonNull(answer);
    }

    /** Lines for people. The first begins with {@code yes} or {@code no}. */
    public List<String> lines() {
        var lines = new java.util.ArrayList<String>();
        lines.add((answer.allowed() ? "yes: " : "no: ") + what());
        if (!answer.why().isEmpty()) {
            lines.add("  " + answer.why());
        }
        answer.by().ifPresent(by -> lines.add("  rule: " + by.policy() + " " + by.rule()));
        if (!answer.reason().isEmpty()) {
            lines.add("  reason: " + answer.reason() + (answer.allowed() ? " (" + answer.decision() + ")" : ""));
        }
        answer.caller()
                .ifPresent(refusal -> lines.add("  the caller gets: HTTP " + refusal.status()
                        + (refusal.code().isPresent()
                                ? ", error " + refusal.code().getAsInt()
                                : "") + ", \""
                        + refusal.message() + "\""));
        answer.shadow().ifPresent(shadow -> lines.add("  with the policies in Shadow enforced: " + shadow(shadow)));
        answer.notes().forEach(note -> lines.add("  note: " + note));
        return lines;
    }

    private static String shadow(Decision decision) {
        return switch (decision) {
            case Decision.Allow allow -> "allow" + reference(allow.by());
            case Decision.Deny deny -> "deny (" + deny.reason().word() + ")" + reference(deny.by());
        };
    }

    private static String reference(Optional<RuleReference> by) {
        return by.map(rule -> ", by " + rule.policy() + " " + rule.rule()).orElse("");
    }

    private String what() {
        Question question = answer.question();
        String may = question.agent() + (answer.allowed() ? " may " : " may not ");
        return question.verb() == Verb.CONNECT
                ? may + "connect to " + question.server()
                : may + question.verb().word() + " " + question.thing() + " at " + question.server();
    }

    /** For programs; the form is documented in {@code docs/cli.md}. What does not apply is absent. */
    public ObjectNode json() {
        Question question = answer.question();
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("allowed", answer.allowed());
        json.put("decision", answer.decision());
        text(json, "reason", answer.reason());
        rule(json, answer.by());
        json.put("agent", question.agent().toString());
        json.put("server", question.server().toString());
        text(
                json,
                "method",
                question.verb() == Verb.CONNECT ? "" : question.verb().method().word());
        text(json, "kind", question.verb().kind().map(GuardedKind::word).orElse(""));
        text(json, "name", question.thing());
        text(json, "why", answer.why());
        answer.caller().ifPresent(refusal -> {
            ObjectNode caller = json.putObject("caller").put("status", refusal.status());
            refusal.code().ifPresent(code -> caller.put("code", code));
            caller.put("message", refusal.message());
        });
        answer.shadow().ifPresent(shadow -> {
            ObjectNode would = json.putObject("shadow").put("decision", shadow.allows() ? "allow" : "deny");
            switch (shadow) {
                case Decision.Allow allow -> rule(would, allow.by());
                case Decision.Deny deny -> {
                    would.put("reason", deny.reason().word());
                    rule(would, deny.by());
                }
            }
        });
        answer.notes().forEach(json.withArray("notes")::add);
        return json;
    }

    private static void text(ObjectNode json, String name, String value) {
        if (!value.isEmpty()) {
            json.put(name, value);
        }
    }

    private static void rule(ObjectNode json, Optional<RuleReference> by) {
        by.ifPresent(rule -> json.put("policy", rule.policy()).put("rule", rule.rule()));
    }
}
