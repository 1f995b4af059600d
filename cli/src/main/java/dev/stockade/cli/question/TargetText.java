package dev.stockade.cli.question;

import static java.util.Objects.requireNonNull;

import dev.stockade.cli.UnusableException;
import java.util.Optional;

/**
 * What a person wrote for the server and the thing at it, taken apart.
 *
 * @param server {@code name} or {@code namespace/name}
 * @param thing a tool's or prompt's name or a resource's URI; empty for {@link Verb#CONNECT}
 */
public record TargetText(String server, String thing) {
    public TargetText {
        requireNonNull(server);
        requireNonNull(thing);
    }

    /**
     * Server and thing stand apart, or in one word with a slash between them. In one word, a resource's URI begins with its
     * scheme, which holds no slash; of a tool or a prompt, at most two slashes have one meaning.
     *
     * @param first {@code [namespace/]server} or {@code [namespace/]server/thing}
     * @param second the thing, where it stands apart
     */
    public static TargetText of(Verb verb, String first, Optional<String> second) throws UnusableException {
        if (verb == Verb.CONNECT) {
            if (second.isPresent()) {
                throw new UnusableException("connect is asked of a server alone: write 'connect " + first + "'.");
            }
            return new TargetText(first, "");
        }
        if (second.isPresent()) {
            return new TargetText(first, second.get());
        }
        int cut = verb == Verb.READ ? beforeScheme(first) : afterServer(verb, first);
        if (cut <= 0 || cut == first.length() - 1) {
            throw new UnusableException("'" + first + "' names no " + what(verb) + " at a server: write SERVER/"
                    + what(verb).toUpperCase(java.util.Locale.ROOT) + ", or the two apart, as in "
                    + (verb == Verb.READ
                            ? "'read tools/github repo://acme/x'."
                            : "'" + verb.word() + " tools/github name'."));
        }
        return new TargetText(first.substring(0, cut), first.substring(cut + 1));
    }

    private static String what(Verb verb) {
        return verb.kind().orElseThrow().word();
    }

    private static int beforeScheme(String text) {
        int colon = text.indexOf(':');
        return colon < 0 ? -1 : text.lastIndexOf('/', colon);
    }

    private static int afterServer(Verb verb, String text) throws UnusableException {
        int slashes = (int) text.chars().filter(c -> c == '/').count();
        if (slashes > 2) {
            throw new UnusableException("'" + text + "' has too many slashes to tell the server from the " + what(verb)
                    + ": write the two apart, as in '" + verb.word() + " tools/github a/b'.");
        }
        return text.lastIndexOf('/');
    }
}
