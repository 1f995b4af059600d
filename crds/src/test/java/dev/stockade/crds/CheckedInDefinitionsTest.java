package dev.stockade.crds;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.kubernetes.client.CustomResource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * The checked-in definitions are what the records say. The generator sorts columns by their path; people read them in the
 * order in which the annotations stand, so they are put back into it here. What the API server would not keep is left out.
 */
class CheckedInDefinitionsTest {
    private static final String REFRESH = "./mvnw -pl crds -am test -Dtest=CheckedInDefinitionsTest"
            + " -Dsurefire.failIfNoSpecifiedTests=false -Dstockade.definitions=write";
    private static final String HEADER =
            "# Generated from the records in crds/src/main/java. To refresh it:\n# " + REFRESH + "\n";
    /** The API server drops it, so that Argo CD would see a difference for ever. */
    private static final int DEFAULT_PRIORITY = 0;

    private static final Path CHECKED_IN = Path.of("");
    private static final Path CHART = Path.of("..", "charts", "stockade", "crds");

    static Stream<Class<? extends CustomResource<?, ?>>> kinds() {
        return Stream.of(MeshTrust.class, SecureMcpServer.class, AgentIdentity.class, McpAccessPolicy.class);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void theDefinitionIsWhatTheRecordsSay(Class<? extends CustomResource<?, ?>> kind) throws IOException {
        String name = CustomResource.getCRDName(kind);
        String expected =
                HEADER + canonical(kind, Files.readString(Path.of("target", "generated-crds", name + "-v1.yml")));

        for (Path folder : List.of(CHECKED_IN, CHART)) {
            Path file = folder.resolve(name + ".yaml");
            if ("write".equals(System.getProperty("stockade.definitions"))) {
                Files.createDirectories(file.toAbsolutePath().getParent());
                Files.writeString(file, expected);
            }
            assertThat(file).as("run %s", REFRESH).exists();
            assertThat(Files.readString(file))
                    .as("%s is stale; run %s", file, REFRESH)
                    .isEqualTo(expected);
        }
        assertThat(Definitions.NAMES).contains(name);
    }

    @SuppressWarnings("unchecked")
    private static String canonical(Class<?> kind, String generated) {
        var definition = (Map<String, Object>) new Load(LoadSettings.builder().build()).loadFromString(generated);
        var spec = (Map<String, Object>) definition.getOrDefault("spec", Map.of());
        for (Map<String, Object> version : (List<Map<String, Object>>) spec.getOrDefault("versions", List.of())) {
            List<String> order = Stream.of(kind.getAnnotationsByType(AdditionalPrinterColumn.class))
                    .map(AdditionalPrinterColumn::name)
                    .toList();
            var columns =
                    (List<Map<String, Object>>) version.getOrDefault("additionalPrinterColumns", new ArrayList<>());
            columns.sort(Comparator.comparingInt(c -> order.indexOf(c.get("name"))));
            columns.forEach(column -> column.remove("priority", DEFAULT_PRIORITY));
        }
        return new Dump(DumpSettings.builder()
                        .setDefaultFlowStyle(FlowStyle.BLOCK)
                        .setDefaultScalarStyle(ScalarStyle.PLAIN)
                        // The core schema quotes 'True', which the JSON schema would not.
                        .setSchema(new CoreSchema())
                        .setWidth(1_000_000)
                        .setSplitLines(false)
                        .build())
                .dumpToString(wholeNumbers(definition));
    }

    /** Bounds are doubles to the generator; {@code 65535.0} is no bound for a port that anyone would write. */
    private static Object wholeNumbers(Object node) {
        return switch (node) {
            case Map<?, ?> map -> {
                Map<Object, Object> copy = new java.util.LinkedHashMap<>();
                map.forEach((key, value) -> copy.put(key, wholeNumbers(value)));
                yield copy;
            }
            case List<?> list -> {
                List<Object> copy = new ArrayList<>();
                list.forEach(value -> copy.add(wholeNumbers(value)));
                yield copy;
            }
            case Double number when number == Math.rint(number) -> number.longValue();
            default -> node;
        };
    }
}
