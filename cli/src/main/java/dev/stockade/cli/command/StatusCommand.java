package dev.stockade.cli.command;

import static java.util.Objects.requireNonNull;

import dev.stockade.cli.ExitCodes;
import dev.stockade.cli.Surroundings;
import dev.stockade.cli.cluster.Kubeconfig;
import dev.stockade.cli.cluster.LiveMesh;
import dev.stockade.cli.status.Examining;
import dev.stockade.cli.status.Overview;
import dev.stockade.cli.status.OverviewText;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code status}: the mesh on one screen. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = {
            "Shows the mesh on one screen: what is wrong, servers, agents, and who may do what.",
            "It only reads; what you may not read is named, and the rest is shown.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  kubectl stockade status",
            "  kubectl stockade status -n tools",
            "  kubectl stockade status -o json | jq '.troubles[] | select(.level != \"notice\")'",
            "",
            "Exit codes: 0 nothing is wrong, 1 something is, 3 the cluster cannot be asked, or nothing is wrong in what"
                    + " could be read and not all could."
        })
public final class StatusCommand implements Callable<Integer> {
    private final Surroundings around;

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description = "Only what is in this namespace, and who may do what from and to it. Default: all.")
    private @Nullable String namespace;

    @Mixin
    private final ClusterOptions cluster = new ClusterOptions();

    @Mixin
    private final OutputOption output = new OutputOption();

    public StatusCommand(Surroundings around) {
        this.around = requireNonNull(around);
    }

    @Override
    public Integer call() {
        Overview overview;
        try (Kubeconfig.Connection connection = cluster.connect(around, Optional.empty())) {
            overview = Examining.of(
                    new LiveMesh(connection.client(), Optional.ofNullable(namespace), connection.namespace()).read());
        }
        OverviewText text = new OverviewText(overview);
        if (output.isJson()) {
            OutputOption.print(around, text.json());
        } else {
            text.lines().forEach(around.out()::println);
        }
        if (overview.wrong()) {
            return ExitCodes.NO;
        }
        return overview.unread().isEmpty() ? ExitCodes.YES : ExitCodes.CLUSTER;
    }
}
