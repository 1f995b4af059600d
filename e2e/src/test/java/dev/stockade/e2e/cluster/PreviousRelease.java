package dev.stockade.e2e.cluster;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The release before this one, made by e2e/previous/build from its own sources.
 *
 * @param version of its chart, and the tag of its images
 * @param operator the archive of the operator's image
 * @param sidecar the archive of the sidecar's
 * @param chart the packaged chart
 */
public record PreviousRelease(String version, Path operator, Path sidecar, Path chart) {
    private static final String PREFIX = "STOCKADE_PREVIOUS_";
    private static final List<String> PARTS = List.of("VERSION", "OPERATOR", "SIDECAR", "CHART");

    /** Takes the one that the environment names, or makes it. */
    public static PreviousRelease find(Map<String, String> environment, Path root) {
        Map<String, String> found = new HashMap<>();
        PARTS.forEach(part -> found.put(part, environment.getOrDefault(PREFIX + part, "")));
        if (found.containsValue("")) {
            Command.run(
                            root,
                            Map.of("JAVA_HOME", System.getProperty("java.home")),
                            List.of(root.resolve("e2e/previous/build").toString()))
                    .lines()
                    .map(line -> line.split("=", 2))
                    .forEach(pair -> found.put(pair[0], pair[1]));
        }
        return new PreviousRelease(
                part(found, 0), Path.of(part(found, 1)), Path.of(part(found, 2)), Path.of(part(found, 3)));
    }

    private static String part(Map<String, String> found, int index) {
        return found.getOrDefault(PARTS.get(index), "");
    }

    /** Brings its images to the cluster. */
    public void provide(TestCluster cluster) {
        cluster.provide("stockade-operator:" + version, operator);
        cluster.provide("stockade-sidecar:" + version, sidecar);
    }
}
