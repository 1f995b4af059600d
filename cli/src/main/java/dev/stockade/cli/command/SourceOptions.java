package dev.stockade.cli.command;

import dev.stockade.cli.Surroundings;
import dev.stockade.cli.UnusableException;
import dev.stockade.cli.cluster.Kubeconfig;
import dev.stockade.cli.manifest.ManifestReader;
import dev.stockade.cli.manifest.SourceFiles;
import dev.stockade.cli.question.Resources;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where the resources come from: manifests, or the cluster of the kubeconfig. */
final class SourceOptions {
    @Option(
            names = {"-f", "--filename"},
            paramLabel = "FILE|DIR|-",
            description = {
                "Read the resources from manifests and not from the cluster; may be repeated.",
                "A namespace that they do not have is taken as one of the mesh."
            })
    private List<String> files = List.of();

    @Option(
            names = {"-R", "--recursive"},
            description = "Look into folders below those of -f, too.")
    private boolean recursive;

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description = "The namespace of names that are written without one. Default: the kubeconfig's.")
    private @Nullable String namespace;

    @Mixin
    private final ClusterOptions cluster = new ClusterOptions();

    /** What asks and is then closed. */
    interface Use<T> {
        T of(Resources resources) throws UnusableException;
    }

    <T> T with(Surroundings around, Use<T> use) throws UnusableException {
        Optional<String> named = Optional.ofNullable(namespace);
        if (!files.isEmpty()) {
            var texts = new SourceFiles(around.folder(), around.in()).texts(files, recursive);
            return use.of(ManifestReader.read(texts, named));
        }
        try (Kubeconfig.Connection connection = cluster.connect(around, named)) {
            return use.of(connection.resources());
        }
    }
}
