package dev.stockade.cli.question;

import static java.util.Objects.requireNonNull;

import dev.stockade.policy.ResourceName;
import java.util.Optional;

/**
 * May this agent do that there?
 *
 * @param thing the tool's or prompt's name or the resource's URI; empty for {@link Verb#CONNECT}
 * @param arguments JSON, as the agent would send it; empty if it sends none
 */
public record Question(ResourceName agent, ResourceName server, Verb verb, String thing, Optional<String> arguments) {
    public Question {
        requireNonNull(agent);
        requireNonNull(server);
        requireNonNull(verb);
        requireNonNull(thing);
        requireNonNull(arguments);
    }
}
