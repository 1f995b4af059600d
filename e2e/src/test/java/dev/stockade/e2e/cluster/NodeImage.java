package dev.stockade.e2e.cluster;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The image of the tests' agents and MCP servers, made by e2e/images/agent/build. */
public record NodeImage(String name, Path archive) {

    /** Takes the one that the environment names, or makes it. */
    public static NodeImage find(Map<String, String> environment, Path root) {
        String name = environment.getOrDefault("STOCKADE_NODE_IMAGE", "");
        String archive = environment.getOrDefault("STOCKADE_NODE_TAR", "");
        if (!name.isEmpty() && !archive.isEmpty()) {
            return new NodeImage(name, Path.of(archive));
        }
        Map<String, String> made = Command.run(
                        root,
                        Map.of(),
                        List.of(root.resolve("e2e/images/agent/build").toString()))
                .lines()
                .map(line -> line.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
        return new NodeImage(made.getOrDefault("IMAGE", ""), Path.of(made.getOrDefault("TAR", "")));
    }
}
