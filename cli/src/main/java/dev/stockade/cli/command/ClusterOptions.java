package dev.stockade.cli.command;

import dev.stockade.cli.Surroundings;
import dev.stockade.cli.cluster.Kubeconfig;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which cluster is meant, for commands that need one. */
final class ClusterOptions {
    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            description = "The kubeconfig. Default: $KUBECONFIG, then ~/.kube/config, then the pod's own account.")
    private @Nullable String kubeconfig;

    @Option(
            names = "--context",
            paramLabel = "NAME",
            description = "The context of the kubeconfig. Default: its current one.")
    private @Nullable String context;

    /**
     * To be closed.
     *
     * @param namespace of names that are written without one; empty: the kubeconfig's
     */
    Kubeconfig.Connection connect(Surroundings around, Optional<String> namespace) {
        return new Kubeconfig(
                        Optional.ofNullable(kubeconfig).map(around.folder()::resolve), Optional.ofNullable(context))
                .connect(namespace);
    }
}
