package dev.stockade.cli.cases;

import static java.util.Objects.requireNonNull;

import dev.stockade.cli.manifest.Place;
import dev.stockade.cli.question.Verb;
import java.util.Map;
import java.util.Optional;

/**
 * One question and the answer that is expected.
 *
 * @param place where it stands
 * @param name for people; empty if it has none
 * @param agent {@code [namespace/]name}
 * @param server {@code [namespace/]name}
 * @param thing the tool's or prompt's name or the resource's URI; empty for {@link Verb#CONNECT}
 * @param arguments JSON, as the agent would send it
 * @param expected what the answer has to say, by the name of the field; {@code decision} is always there
 */
public record Case(
        Place place,
        String name,
        String agent,
        String server,
        Verb verb,
        String thing,
        Optional<String> arguments,
        Map<Expectation, String> expected) {
    public Case {
        requireNonNull(place);
        requireNonNull(name);
        requireNonNull(agent);
        requireNonNull(server);
        requireNonNull(verb);
        requireNonNull(thing);
        requireNonNull(arguments);
        expected = Map.copyOf(expected);
    }

    /** What it is about, in one line. */
    public String title() {
        String question = agent + " " + verb.word() + " " + (thing.isEmpty() ? "" : thing + " at ") + server;
        return name.isEmpty() ? question : name + " (" + question + ")";
    }
}
