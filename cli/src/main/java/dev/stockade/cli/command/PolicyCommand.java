package dev.stockade.cli.command;

import dev.stockade.cli.Surroundings;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code policy}: what can be done with policies without a cluster. */
@Command(
        name = "policy",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Works on policies as files.")
public final class PolicyCommand {
    private PolicyCommand() {}

    /** The command with those below it. */
    public static CommandLine with(Surroundings around) {
        return new CommandLine(new PolicyCommand()).addSubcommand(new PolicyTestCommand(around));
    }
}
