package dev.stockade.cli.command;

import static java.util.Objects.requireNonNull;

import dev.stockade.cli.ExitCodes;
import dev.stockade.cli.KubectlStockade;
import dev.stockade.cli.Surroundings;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * {@code __complete}: what may stand in place of the last word. Called by {@code kubectl_complete-stockade}, and so by kubectl,
 * in the form that kubectl's completion (cobra) wants: a candidate a line, and a last line with a colon and a sum of flags.
 */
@Command(name = "__complete", hidden = true, description = "Prints completions for kubectl.")
public final class CompleteCommand implements Callable<Integer> {
    /** cobra's ShellCompDirectiveNoFileComp. */
    private static final String NO_FILES = ":4";
    /** cobra's ShellCompDirectiveDefault: the shell offers file names. */
    private static final String FILES = ":0";

    private final Surroundings around;

    @Parameters(arity = "0..*", description = "The words so far, the last one possibly empty.")
    private List<String> words = List.of();

    private CompleteCommand(Surroundings around) {
        this.around = requireNonNull(around);
    }

    /** The command; what looks like an option is a word that somebody types. */
    public static CommandLine with(Surroundings around) {
        return new CommandLine(new CompleteCommand(around)).setUnmatchedOptionsArePositionalParams(true);
    }

    @Override
    public Integer call() {
        List<CharSequence> candidates = new ArrayList<>();
        String last = words.isEmpty() ? "" : words.getLast();
        String[] all = words.isEmpty() ? new String[] {""} : words.toArray(new String[0]);
        AutoComplete.complete(
                KubectlStockade.commandLine(around).getCommandSpec(),
                all,
                all.length - 1,
                last.length(),
                last.length(),
                candidates);
        // picocli gives what is to be added, kubectl wants whole words; options only where somebody begins one.
        List<String> shown = candidates.stream()
                .map(rest -> last + rest)
                .filter(word -> !word.startsWith("__") && !word.isBlank())
                .filter(word -> last.startsWith("-") || !word.startsWith("-"))
                .distinct()
                .sorted()
                .toList();
        shown.forEach(around.out()::println);
        around.out().println(shown.isEmpty() ? FILES : NO_FILES);
        return ExitCodes.YES;
    }
}
