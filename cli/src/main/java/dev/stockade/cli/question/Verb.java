package dev.stockade.cli.question;

import dev.stockade.model.mcp.McpMethod;
import dev.stockade.model.policy.GuardedKind;
import java.util.Locale;
import java.util.Optional;

/** What is to be done at a server. */
public enum Verb {
    /** Call a tool. */
    CALL(McpMethod.TOOLS_CALL, GuardedKind.TOOL, true),
    /** Read a resource. */
    READ(McpMethod.RESOURCES_READ, GuardedKind.RESOURCE, false),
    /** Get a prompt. */
    GET(McpMethod.PROMPTS_GET, GuardedKind.PROMPT, true),
    /** Use the server at all: connect, and list what is there. */
    CONNECT(McpMethod.PING);

    private final McpMethod method;
    private final Optional<GuardedKind> kind;
    private final boolean arguments;

    Verb(McpMethod method, GuardedKind kind, boolean arguments) {
        this.method = method;
        this.kind = Optional.of(kind);
        this.arguments = arguments;
    }

    Verb(McpMethod method) {
        this.method = method;
        this.kind = Optional.empty();
        this.arguments = false;
    }

    /** The verb that a person writes. */
    public static Optional<Verb> of(String word) {
        for (Verb verb : values()) {
            if (verb.word().equals(word)) {
                return Optional.of(verb);
            }
        }
        return Optional.empty();
    }

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The message that stands for it. */
    public McpMethod method() {
        return method;
    }

    /** What it names; empty for the server itself. */
    public Optional<GuardedKind> kind() {
        return kind;
    }

    /** Whether what is named takes arguments. */
    public boolean takesArguments() {
        return arguments;
    }
}
