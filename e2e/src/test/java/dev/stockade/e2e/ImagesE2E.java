package dev.stockade.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.e2e.image.BillOfMaterials;
import dev.stockade.e2e.image.Image;
import dev.stockade.e2e.image.ImageArchive;
import dev.stockade.e2e.image.ImageFile;
import dev.stockade.e2e.image.ImageRules;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.cyclonedx.Version;
import org.cyclonedx.parsers.JsonParser;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The images that the build has made, opened. It needs no cluster, but what one gets. */
@Order(9)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImagesE2E {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final String PROGRAM = "/opt/java/bin/java";
    private static final String PACKAGES = "/var/lib/dpkg/status.d";

    private final Map<String, Image> images = new HashMap<>();

    @ParameterizedTest
    @ValueSource(strings = {"operator", "sidecar"})
    void nothingButJavaCanBeRunAndNothingCanBeWritten(String module) throws IOException {
        assertThat(ImageRules.objections(image(module), PROGRAM)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"operator", "sidecar"})
    void theBillOfMaterialsHasEachFileWithItsDigestAndNothingElse(String module) throws IOException {
        Image image = image(module);
        Map<String, String> there = image.regular()
                .filter(file -> !file.path().equals(bill(module)))
                .collect(Collectors.toMap(ImageFile::path, file -> file.digest("SHA-256")));

        assertThat(billOf(module).digests()).containsExactlyInAnyOrderEntriesOf(there);
    }

    @ParameterizedTest
    @ValueSource(strings = {"operator", "sidecar"})
    void theBillOfMaterialsHasEachJarAsWhatItIs(String module) throws IOException {
        Set<String> jars = image(module)
                .regular()
                .map(ImageFile::path)
                .filter(path -> path.startsWith("/app/") && path.endsWith(".jar"))
                .collect(Collectors.toSet());

        Map<String, String> libraries = billOf(module).libraries();

        assertThat(libraries.keySet()).containsExactlyInAnyOrderElementsOf(jars);
        assertThat(libraries).allSatisfy((path, purl) -> {
            String[] coordinates = purl.replaceAll("\\?.*", "").split("[/@]", -1);
            assertThat(purl).startsWith("pkg:maven/");
            assertThat(path).endsWith("/%s-%s.jar".formatted(coordinates[2], coordinates[3]));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"operator", "sidecar"})
    void theBillOfMaterialsHasEachDebianPackageWithItsFiles(String module) throws IOException {
        Image image = image(module);
        Map<String, String> versions = new HashMap<>();
        Map<String, Set<String>> sums = new HashMap<>();
        image.regular().filter(file -> file.path().startsWith(PACKAGES + "/")).forEach(file -> {
            String name = file.path().substring(PACKAGES.length() + 1);
            String text = new String(file.content(), StandardCharsets.UTF_8);
            if (name.endsWith(".md5sums")) {
                sums.put(name.replace(".md5sums", ""), text.lines().collect(Collectors.toSet()));
            } else {
                versions.put(
                        name,
                        text.lines()
                                .filter(line -> line.startsWith("Version: "))
                                .findFirst()
                                .orElse("")
                                .replace("Version: ", ""));
            }
        });

        BillOfMaterials bill = billOf(module);

        assertThat(bill.debian()).isNotEmpty().containsExactlyInAnyOrderEntriesOf(versions);
        // in their lists by name and digest, so that no other file is taken for theirs; packages say lib for usr/lib
        bill.debianFiles()
                .forEach((name, files) -> assertThat(files).allSatisfy(path -> {
                    String digest = image.file(path).orElseThrow().digest("MD5") + "  ";
                    assertThat(sums.get(name))
                            .as("what Debian says of %s", name)
                            .containsAnyOf(digest + path.substring(1), digest + path.substring("/usr/".length()));
                }));
        assertThat(bill.debianFiles().get("libc6")).anyMatch(path -> path.endsWith("/libc.so.6"));
        // and no library of the system is nobody's
        assertThat(bill.alone()).noneMatch(path -> path.startsWith("/usr/lib/") || path.startsWith("/opt/java/"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"operator", "sidecar"})
    void theBillOfMaterialsIsValidAndTheSameInsideAndBeside(String module) throws Exception {
        byte[] inside = image(module).file(bill(module)).orElseThrow().content();
        Path beside = ROOT.resolve("%1$s/target/stockade-%1$s.cdx.json".formatted(module));

        assertThat(Files.readAllBytes(beside)).isEqualTo(inside);
        assertThat(new JsonParser().validate(inside, Version.VERSION_16)).isEqualTo(List.of());
    }

    private BillOfMaterials billOf(String module) throws IOException {
        return BillOfMaterials.parse(
                image(module).file(bill(module)).orElseThrow().content());
    }

    private static String bill(String module) {
        return "/opt/stockade/sbom/stockade-%s.cdx.json".formatted(module);
    }

    private Image image(String module) throws IOException {
        Image image = images.get(module);
        if (image == null) {
            image = ImageArchive.read(ROOT.resolve("%1$s/target/stockade-%1$s.tar".formatted(module)));
            images.put(module, image);
        }
        return image;
    }
}
