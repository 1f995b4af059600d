package dev.stockade.sbom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What stands in the bill is what is in the image: no more, no less, and each file below the part that brought it. */
class BillOfMaterialsTest {
    private static final String OWN = "pkg:maven/dev.stockade/stockade-sidecar@1?type=jar";
    private static final JsonNode MAVEN = json("""
            {
              "metadata": {"component": {"type": "library", "bom-ref": "%1$s", "name": "stockade-sidecar", "purl": "%1$s"}},
              "components": [
                {"type": "library", "bom-ref": "a", "name": "a", "hashes": [
                  {"alg": "MD5", "content": "x"}, {"alg": "SHA-256", "content": "aaaa"}, {"alg": "SHA-512", "content": "aaaaaa"}]},
                {"type": "library", "bom-ref": "natives", "name": "natives", "hashes": [{"alg": "SHA-256", "content": "bbbb"}]},
                {"type": "library", "bom-ref": "windows", "name": "windows", "hashes": [{"alg": "SHA-256", "content": "cccc"}]}],
              "dependencies": [
                {"ref": "%1$s", "dependsOn": ["a"]},
                {"ref": "a", "dependsOn": ["natives", "windows"]},
                {"ref": "natives", "dependsOn": []},
                {"ref": "windows", "dependsOn": []}]
            }
            """.formatted(OWN));
    private static final List<Content> ADDED = List.of(
            new Content("/app/libs/a-1.jar", "aaaa"),
            new Content("/app/classpath/stockade-sidecar-1.jar", "dddd"),
            new Content("/app/jib-classpath-file", "eeee"),
            new Content("/opt/stockade/lib/libnative.so", "ffff"),
            new Content("/opt/java/bin/java", "1111"),
            new Content("/opt/java/lib/jrt-fs.jar", "2222"));
    private static final Map<String, String> UNPACKED = Map.of("ffff", "bbbb", "9999", "cccc");

    @Test
    void eachFileStandsInItOnceAndNothingElseDoes() {
        JsonNode bill = bill(ADDED);

        assertThat(files(bill.path("components")))
                .containsExactlyInAnyOrder(
                        "/app/libs/a-1.jar",
                        "/app/classpath/stockade-sidecar-1.jar",
                        "/app/jib-classpath-file",
                        "/opt/stockade/lib/libnative.so",
                        "/opt/java/bin/java",
                        "/opt/java/lib/jrt-fs.jar",
                        "/etc/os-release",
                        "/usr/lib/libc.so.6",
                        "/var/lib/dpkg/status.d/libc6",
                        "/var/lib/dpkg/status.d/libc6.md5sums");
    }

    @Test
    void aPartIsNamedWithWhatItIsKnownBy() {
        JsonNode bill = bill(ADDED);

        assertThat(part(bill, "a").path("hashes")).isEqualTo(json("""
                [{"alg": "SHA-256", "content": "aaaa"}, {"alg": "SHA-512", "content": "aaaaaa"}]"""));
        assertThat(part(bill, "stockade-sidecar").path("hashes")).isEqualTo(json("""
                [{"alg": "SHA-256", "content": "dddd"}]"""));
        assertThat(part(bill, "openjdk").path("version").asText()).isEqualTo("25.0.3+9");
        assertThat(part(bill, "openjdk").path("cpe").asText()).startsWith("cpe:2.3:a:oracle:openjdk:25.0.3:");
        assertThat(part(bill, "libc6").path("purl").asText())
                .isEqualTo("pkg:deb/debian/libc6@2.36-9%2Bdeb12u13?arch=amd64&distro=debian-12");
        assertThat(bill.path("components").findValuesAsText("name")).doesNotContain("windows");
    }

    @Test
    void aFileIsBelowThePartThatBroughtItUnchanged() {
        JsonNode bill = bill(ADDED);

        assertThat(files(part(bill, "natives"))).containsExactly("/opt/stockade/lib/libnative.so");
        assertThat(files(part(bill, "openjdk"))).containsExactly("/opt/java/bin/java", "/opt/java/lib/jrt-fs.jar");
        assertThat(files(part(bill, "libc6"))).containsExactly("/usr/lib/libc.so.6");
        // it is in the package's list with another digest
        assertThat(bill.path("components").findValuesAsText("name")).contains("/etc/os-release");
    }

    @Test
    void theGraphKnowsOnlyWhatIsThere() {
        JsonNode graph = bill(ADDED).path("dependencies");

        assertThat(graph).isEqualTo(json("""
                [
                  {"ref": "stockade-sidecar:1", "dependsOn": [
                    "%1$s", "pkg:generic/openjdk@25.0.3%%2B9", "pkg:deb/debian/libc6@2.36-9%%2Bdeb12u13?arch=amd64&distro=debian-12"]},
                  {"ref": "%1$s", "dependsOn": ["a"]},
                  {"ref": "a", "dependsOn": ["natives"]},
                  {"ref": "natives", "dependsOn": []}]""".formatted(OWN)));
    }

    @Test
    void theSameImageGivesTheSameBytesAndAnotherOneAnotherNumber() {
        List<Content> other = new ArrayList<>(ADDED);
        other.set(2, new Content("/app/jib-classpath-file", "eeef"));

        assertThat(bill(ADDED).toString()).isEqualTo(bill(ADDED).toString());
        assertThat(bill(other).path("serialNumber")).isNotEqualTo(bill(ADDED).path("serialNumber"));
    }

    @Test
    void aJarThatMavenDoesNotListFailsTheBuild() {
        assertThatThrownBy(() -> bill(List.of(new Content("/app/libs/stray.jar", "7777"))))
                .hasMessageContaining("/app/libs/stray.jar");
    }

    @Test
    void aBaseThatLiesInARegistryIsNamed() {
        JsonNode bill = BillOfMaterials.of(
                subject(),
                MAVEN,
                ADDED,
                UNPACKED,
                runtime(),
                new BaseImage("example.com/base@sha256:1", new TreeMap<>()));

        assertThat(part(bill, "example.com/base@sha256:1").path("type").asText())
                .isEqualTo("container");
    }

    private static JsonNode bill(List<Content> added) {
        TreeMap<String, byte[]> base = new TreeMap<>();
        base.put("/etc/os-release", bytes("ID=debian\nVERSION_ID=\"12\"\n"));
        base.put("/usr/lib/libc.so.6", bytes("c"));
        base.put(
                "/var/lib/dpkg/status.d/libc6",
                bytes("Package: libc6\nVersion: 2.36-9+deb12u13\nArchitecture: amd64\nDescription: x\n Version: 3\n"));
        base.put(
                "/var/lib/dpkg/status.d/libc6.md5sums",
                bytes(Content.digest("MD5", bytes("c")) + "  lib/libc.so.6\n0000  etc/os-release\n"));
        return BillOfMaterials.of(subject(), MAVEN, added, UNPACKED, runtime(), new BaseImage("tar:///base.tar", base));
    }

    private static BillOfMaterials.Subject subject() {
        return new BillOfMaterials.Subject("stockade-sidecar", "1", "A tunnel.", Instant.EPOCH);
    }

    private static BillOfMaterials.JavaRuntime runtime() {
        return new BillOfMaterials.JavaRuntime("25.0.3+9", "Somebody", "java.base");
    }

    private static JsonNode part(JsonNode bill, String name) {
        for (JsonNode component : bill.path("components")) {
            if (component.path("name").asText().equals(name)) {
                return component;
            }
        }
        throw new AssertionError("no " + name + " in " + bill.path("components").findValuesAsText("name"));
    }

    /** Where the files are that a component, or a list of them, stands for, at any depth. */
    private static List<String> files(JsonNode node) {
        List<String> files = new ArrayList<>();
        if (node.path("name").asText().startsWith("/")) {
            files.add(node.path("name").asText());
        }
        if (node.has("location")) {
            files.add(node.path("location").asText());
        }
        node.forEach(child -> files.addAll(files(child)));
        return files;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static JsonNode json(String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
