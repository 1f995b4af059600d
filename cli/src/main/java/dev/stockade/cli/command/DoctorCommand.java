package dev.stockade.cli.command;

import static java.util.Objects.requireNonNull;

import dev.stockade.cli.ExitCodes;
import dev.stockade.cli.Surroundings;
import dev.stockade.cli.cluster.Kubeconfig;
import dev.stockade.cli.cluster.LiveInstallation;
import dev.stockade.cli.doctor.Diagnosis;
import dev.stockade.cli.doctor.Finding.Level;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code doctor}: whether an installation is sound. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = {
            "Checks an installation, and says of whatever is not well what to do.",
            "Nothing is written; the one pod that it creates is created in a dry run.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  kubectl stockade doctor",
            "  kubectl stockade doctor --operator-namespace platform -o json",
            "",
            "Exit codes: 0 nothing is wrong, 1 something is, 3 the cluster cannot be asked, or nothing is wrong in what"
                    + " could be checked and not all could."
        })
public final class DoctorCommand implements Callable<Integer> {
    private final Surroundings around;

    @Option(
            names = "--operator-namespace",
            paramLabel = "NAMESPACE",
            defaultValue = "stockade-system",
            description = "Where the chart is installed. Default: ${DEFAULT-VALUE}.")
    private String operatorNamespace = "";

    @Mixin
    private final ClusterOptions cluster = new ClusterOptions();

    @Mixin
    private final OutputOption output = new OutputOption();

    public DoctorCommand(Surroundings around) {
        this.around = requireNonNull(around);
    }

    @Override
    public Integer call() {
        Diagnosis diagnosis;
        try (Kubeconfig.Connection connection = cluster.connect(around, Optional.empty())) {
            diagnosis = Diagnosis.of(
                    new LiveInstallation(connection.client(), operatorNamespace, InstantSource.system()).read());
        }
        if (output.isJson()) {
            OutputOption.print(around, diagnosis.json());
        } else {
            diagnosis.lines().forEach(around.out()::println);
        }
        if (diagnosis.has(Level.FAIL)) {
            return ExitCodes.NO;
        }
        return diagnosis.has(Level.UNKNOWN) ? ExitCodes.CLUSTER : ExitCodes.YES;
    }
}
