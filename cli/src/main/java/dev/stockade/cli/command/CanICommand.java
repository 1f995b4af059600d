package dev.stockade.cli.command;

import static java.util.Objects.requireNonNull;

import dev.stockade.cli.ExitCodes;
import dev.stockade.cli.Surroundings;
import dev.stockade.cli.UnusableException;
import dev.stockade.cli.manifest.SourceFiles;
import dev.stockade.cli.question.Answer;
import dev.stockade.cli.question.AnswerText;
import dev.stockade.cli.question.Answering;
import dev.stockade.cli.question.Naming;
import dev.stockade.cli.question.Question;
import dev.stockade.cli.question.Resources;
import dev.stockade.cli.question.TargetText;
import dev.stockade.cli.question.Verb;
import dev.stockade.policy.ResourceName;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code can-i}: one question. */
@Command(
        name = "can-i",
        mixinStandardHelpOptions = true,
        description = {
            "Says whether an agent may do something at a server, by the decision that the server's sidecar makes.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  kubectl stockade can-i agents/triage call tools/github/get_issue --args '{\"repo\":\"acme/x\"}'",
            "  kubectl stockade can-i triage call github/get_issue -n agents",
            "  kubectl stockade can-i agents/triage read tools/github repo://acme/x",
            "  kubectl stockade can-i agents/triage get tools/github/summary -f policies/ -o json",
            "  kubectl stockade can-i agents/triage connect tools/github",
            "",
            "Exit codes: 0 yes, 1 no, 2 nothing was answered: wrong use, a name that does not exist, or a manifest that"
                    + " the API server would refuse, 3 the cluster cannot be asked."
        })
public final class CanICommand implements Callable<Integer> {
    private final Surroundings around;

    @Parameters(index = "0", paramLabel = "AGENT", description = "An AgentIdentity: [namespace/]name.")
    private String agent = "";

    @Parameters(
            index = "1",
            paramLabel = "VERB",
            completionCandidates = Verbs.class,
            description = "call (a tool), read (a resource), get (a prompt) or connect (to the server).")
    private String verb = "";

    @Parameters(
            index = "2",
            paramLabel = "TARGET",
            description = {
                "[namespace/]server/thing, or the server alone and the thing after it.",
                "Without a namespace, a server is looked for in those of the agent's spec.servers."
            })
    private String target = "";

    @Parameters(
            index = "3",
            arity = "0..1",
            paramLabel = "THING",
            description = "A tool's or prompt's name, or a resource's URI, where it stands apart from the server.")
    private @Nullable String thing;

    @Option(
            names = {"-a", "--args"},
            paramLabel = "JSON|@FILE",
            description = "The arguments, exactly as the agent would send them; @FILE reads them from a file.")
    private @Nullable String arguments;

    @Mixin
    private final SourceOptions source = new SourceOptions();

    @Mixin
    private final OutputOption output = new OutputOption();

    public CanICommand(Surroundings around) {
        this.around = requireNonNull(around);
    }

    @Override
    public Integer call() throws UnusableException {
        Verb asked = Verb.of(verb)
                .orElseThrow(() -> new UnusableException("'" + verb
                        + "' is no verb: take call (a tool), read (a resource), get (a prompt) or connect."));
        TargetText at = TargetText.of(asked, target, Optional.ofNullable(thing));
        Optional<String> sent = arguments();
        if (sent.isPresent() && !asked.takesArguments()) {
            throw new UnusableException(
                    "--args are sent with call and get alone; " + asked.word() + " has no arguments.");
        }
        Answer answer = source.with(around, resources -> answer(resources, asked, at, sent));
        if (output.isJson()) {
            OutputOption.print(around, new AnswerText(answer).json());
        } else {
            new AnswerText(answer).lines().forEach(around.out()::println);
        }
        return answer.allowed() ? ExitCodes.YES : ExitCodes.NO;
    }

    private Answer answer(Resources resources, Verb asked, TargetText at, Optional<String> sent)
            throws UnusableException {
        Naming naming = new Naming(resources);
        var identity = naming.agent(agent);
        return Answering.answer(
                resources,
                new Question(ResourceName.of(identity), naming.server(at.server(), identity), asked, at.thing(), sent));
    }

    private Optional<String> arguments() throws UnusableException {
        if (arguments == null) {
            return Optional.empty();
        }
        return Optional.of(
                arguments.startsWith("@")
                        ? new SourceFiles(around.folder(), around.in()).text(arguments.substring(1))
                        : arguments);
    }

    /** The words of {@link Verb}. */
    static final class Verbs implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(Verb.values()).map(Verb::word).iterator();
        }
    }
}
