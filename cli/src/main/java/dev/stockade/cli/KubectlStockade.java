package dev.stockade.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.stockade.cli.cluster.ClusterException;
import dev.stockade.cli.command.AuditCommand;
import dev.stockade.cli.command.CanICommand;
import dev.stockade.cli.command.CompleteCommand;
import dev.stockade.cli.command.CompletionCommand;
import dev.stockade.cli.command.DoctorCommand;
import dev.stockade.cli.command.PolicyCommand;
import dev.stockade.cli.command.StatusCommand;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

/** {@code kubectl stockade}: what people ask of the mesh, from a terminal or in CI. */
@Command(
        name = "kubectl stockade",
        description = {
            "Shows the mesh, checks its installation, asks its policy, tests it without a cluster, and checks audit logs.",
            ""
        },
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Exit codes: 0 yes, 1 no, 2 wrong use or input that cannot be used, 3 the cluster cannot be asked, 4 a fault of"
                    + " this program."
        })
public final class KubectlStockade {
    private KubectlStockade() {}

    /** Runs one command and ends the process with its exit code. */
    public static void main(String[] args) {
        int code = run(
                new Surroundings(System.in, writer(FileDescriptor.out), writer(FileDescriptor.err), Path.of("")), args);
        System.exit(code);
    }

    private static PrintWriter writer(FileDescriptor descriptor) {
        return new PrintWriter(
                new OutputStreamWriter(new BufferedOutputStream(new FileOutputStream(descriptor)), UTF_8), false);
    }

    /**
     * Runs one command.
     *
     * @return one of {@link ExitCodes}
     */
    public static int run(Surroundings around, String... args) {
        try {
            return commandLine(around).execute(args);
        } catch (RuntimeException | Error e) {
            return fault(around, e);
        } finally {
            around.out().flush();
            around.err().flush();
        }
    }

    /** The commands, ready to be executed or to be asked for completions. */
    public static CommandLine commandLine(Surroundings around) {
        CommandLine root = new CommandLine(CommandSpec.forAnnotatedObject(new KubectlStockade()))
                .addSubcommand(new StatusCommand(around))
                .addSubcommand(new DoctorCommand(around))
                .addSubcommand(new CanICommand(around))
                .addSubcommand(PolicyCommand.with(around))
                .addSubcommand(AuditCommand.with(around))
                .addSubcommand(new CompletionCommand(around));
        root.addSubcommand(CompleteCommand.with(around));
        root.getCommandSpec().mixinStandardHelpOptions(true).version(version());
        root.setOut(around.out());
        root.setErr(around.err());
        root.setUsageHelpWidth(100);
        // An argument that begins with @ is the command's own affair.
        root.setExpandAtFiles(false);
        root.setExecutionExceptionHandler((failure, command, parsed) -> failed(around, failure));
        return root;
    }

    private static String version() {
        String version = KubectlStockade.class.getPackage().getImplementationVersion();
        return "kubectl-stockade " + (version == null ? "(not packaged)" : version);
    }

    private static int failed(Surroundings around, Exception failure) {
        return switch (failure) {
            case UnusableException unusable -> {
                unusable.sentences().forEach(around.err()::println);
                yield ExitCodes.UNUSABLE;
            }
            case ClusterException cluster -> {
                around.err().println(cluster.getMessage());
                yield ExitCodes.CLUSTER;
            }
            default -> fault(around, failure);
        };
    }

    /** Whatever it is, it must not end the process with the code of an answer. */
    private static int fault(Surroundings around, Throwable failure) {
        around.err().println("This is a fault of kubectl-stockade; please report it with what follows.");
        failure.printStackTrace(around.err());
        return ExitCodes.FAULT;
    }
}
