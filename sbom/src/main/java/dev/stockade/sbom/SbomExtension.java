package dev.stockade.sbom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.ContainerBuildPlan;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FileEntry;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import com.google.cloud.tools.jib.maven.extension.JibMavenPluginExtension;
import com.google.cloud.tools.jib.maven.extension.MavenData;
import com.google.cloud.tools.jib.plugins.extension.ExtensionLogger;
import com.google.cloud.tools.jib.plugins.extension.JibPluginExtensionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.apache.maven.artifact.Artifact;
import org.apache.maven.project.MavenProject;

/**
 * The last step before Jib writes an image: adds the bill of materials as a layer, {@code /opt/stockade/sbom/<name>.cdx.json}, and
 * leaves it in the module's target. Property {@code base} is the base image as Jib is given it. Reads {@code target/bom.json}, which
 * the CycloneDX plugin writes before.
 */
public final class SbomExtension implements JibMavenPluginExtension<Void> {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    @Override
    public Optional<Class<Void>> getExtraConfigType() {
        return Optional.empty();
    }

    @Override
    public ContainerBuildPlan extendContainerBuildPlan(
            ContainerBuildPlan plan,
            Map<String, String> properties,
            Optional<Void> configuration,
            MavenData maven,
            ExtensionLogger logger)
            throws JibPluginExtensionException {
        try {
            MavenProject project = maven.getMavenProject();
            Path target = Path.of(project.getBuild().getDirectory());
            JsonNode bill = BillOfMaterials.of(
                    new BillOfMaterials.Subject(
                            project.getArtifactId(),
                            project.getVersion(),
                            Optional.ofNullable(project.getDescription()).orElse(""),
                            plan.getCreationTime()),
                    JSON.readTree(target.resolve("bom.json").toFile()),
                    contents(plan),
                    unpacked(project),
                    runtime(target.resolve("runtime/release")),
                    BaseImage.read(properties.getOrDefault("base", plan.getBaseImage())));
            Path file = target.resolve(project.getArtifactId() + ".cdx.json");
            Files.writeString(file, JSON.writeValueAsString(bill) + "\n");
            return plan.toBuilder()
                    .addLayer(FileEntriesLayer.builder()
                            .setName("bill of materials")
                            .addEntry(
                                    file,
                                    AbsoluteUnixPath.get("/opt/stockade/sbom/" + file.getFileName()),
                                    FilePermissions.fromOctalString("644"),
                                    plan.getCreationTime())
                            .build())
                    .build();
        } catch (IOException | IllegalArgumentException e) {
            throw new JibPluginExtensionException(
                    SbomExtension.class, "the bill of materials cannot be written: " + e.getMessage(), e);
        }
    }

    /** The regular files of all layers that the build adds. */
    private static List<Content> contents(ContainerBuildPlan plan) throws IOException {
        List<Content> contents = new ArrayList<>();
        for (var layer : plan.getLayers()) {
            if (layer instanceof FileEntriesLayer entries) {
                for (FileEntry entry : entries.getEntries()) {
                    if (Files.isRegularFile(entry.getSourceFile())) {
                        contents.add(Content.of(
                                entry.getExtractionPath().toString(), Files.readAllBytes(entry.getSourceFile())));
                    }
                }
            }
        }
        return contents;
    }

    /** The native libraries in the module's jars: the digest of each, and its jar's. */
    private static Map<String, String> unpacked(MavenProject project) throws IOException {
        Map<String, String> unpacked = new HashMap<>();
        for (Artifact artifact : project.getArtifacts()) {
            if (!artifact.getFile().getName().endsWith(".jar")) {
                continue; // a description alone
            }
            try (ZipFile jar = new ZipFile(artifact.getFile())) {
                String digest = "";
                for (Enumeration<? extends ZipEntry> all = jar.entries(); all.hasMoreElements(); ) {
                    ZipEntry entry = all.nextElement();
                    if (entry.getName().endsWith(".so")) {
                        if (digest.isEmpty()) {
                            digest = Content.digest(
                                    "SHA-256",
                                    Files.readAllBytes(artifact.getFile().toPath()));
                        }
                        byte[] bytes = jar.getInputStream(entry).readAllBytes();
                        unpacked.put(Content.digest("SHA-256", bytes), digest);
                    }
                }
            }
        }
        return unpacked;
    }

    /** What jlink made of the Java that runs this build. */
    private static BillOfMaterials.JavaRuntime runtime(Path release) throws IOException {
        Properties made = new Properties();
        try (var text = Files.newBufferedReader(release)) {
            made.load(text);
        }
        String version = made.getProperty("JAVA_VERSION", "").replace("\"", "");
        Runtime.Version building = Runtime.version();
        if (!version.equals(System.getProperty("java.version"))) {
            throw new IOException("%s is of Java %s, and this is %s".formatted(release, version, building));
        }
        return new BillOfMaterials.JavaRuntime(
                building.toString(),
                System.getProperty("java.vendor", ""),
                made.getProperty("MODULES", "").replace("\"", ""));
    }
}
