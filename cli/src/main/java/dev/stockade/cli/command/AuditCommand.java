package dev.stockade.cli.command;

import dev.stockade.cli.Surroundings;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code audit}: what can be done with audit logs. */
@Command(
        name = "audit",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Works on audit logs.")
public final class AuditCommand {
    private AuditCommand() {}

    /** The command with those below it. */
    public static CommandLine with(Surroundings around) {
        return new CommandLine(new AuditCommand()).addSubcommand(new AuditVerifyCommand(around));
    }
}
