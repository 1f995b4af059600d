package dev.stockade.cli.command;

import static java.util.Objects.requireNonNull;

import dev.stockade.cli.ExitCodes;
import dev.stockade.cli.KubectlStockade;
import dev.stockade.cli.Surroundings;
import dev.stockade.cli.UnusableException;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code completion}: what a shell needs to complete {@code kubectl-stockade}. */
@Command(
        name = "completion",
        mixinStandardHelpOptions = true,
        description = {
            "Prints a script that makes a shell complete kubectl-stockade.",
            "",
            "'kubectl stockade' itself is completed by kubectl 1.26 and later, which asks kubectl_complete-stockade: put"
                    + " that on the PATH, too, beside kubectl-stockade.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  source <(kubectl stockade completion bash)",
            "  kubectl stockade completion zsh > ~/.zsh/stockade.zsh && source ~/.zsh/stockade.zsh",
            "  kubectl stockade completion fish > ~/.config/fish/completions/kubectl-stockade.fish"
        })
public final class CompletionCommand implements Callable<Integer> {
    private static final String PROGRAM = "kubectl-stockade";

    private final Surroundings around;

    @Parameters(paramLabel = "bash|zsh|fish", completionCandidates = Shells.class, description = "For which shell.")
    private String shell = "";

    public CompletionCommand(Surroundings around) {
        this.around = requireNonNull(around);
    }

    @Override
    public Integer call() throws UnusableException {
        around.out()
                .print(
                        switch (shell) {
                            // It makes zsh read it by itself.
                            case "bash", "zsh" -> AutoComplete.bash(PROGRAM, KubectlStockade.commandLine(around));
                            case "fish" -> """
                            function __kubectl_stockade
                                set -l words (commandline -opc)[2..-1]
                                kubectl-stockade __complete $words (commandline -ct) 2>/dev/null | string match -v -r '^:[0-9]+$'
                            end
                            complete -c kubectl-stockade -f -a '(__kubectl_stockade)'
                            """;
                            default ->
                                throw new UnusableException(
                                        "'" + shell + "' is no shell that is known here: take bash, zsh or fish.");
                        });
        return ExitCodes.YES;
    }

    /** The shells. */
    static final class Shells implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return List.of("bash", "zsh", "fish").iterator();
        }
    }
}
