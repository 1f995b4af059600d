package dev.stockade.e2e.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An image is read as a container sees it: its layers on each other. */
class ImageArchiveTest {

    @Test
    void aLayerReplacesRemovesAndAdds() throws IOException {
        Layer lower = new Layer()
                .file("etc/a", 0644, "lower")
                .file("etc/gone", 0644, "x")
                .file("opt/old/one", 0644, "x")
                .file("srv/one", 0644, "x");
        Layer upper = new Layer()
                .file("./etc/a", 0600, "upper")
                .file("etc/.wh.gone", 0644, "")
                .file("opt/old/.wh..wh..opq", 0644, "")
                .file("opt/old/two", 0644, "x")
                .link("srv", "opt");

        Image image = image(lower.bytes(), upper.bytes());

        assertThat(image.files()).containsOnlyKeys("/etc/a", "/opt/old/two", "/srv");
        ImageFile replaced = image.file("/etc/a").orElseThrow();
        assertThat(new String(replaced.content(), StandardCharsets.UTF_8)).isEqualTo("upper");
        assertThat(replaced.mode()).isEqualTo(0600);
    }

    @Test
    void aHardLinkIsWhatItLeadsTo() throws IOException {
        Image image = image(
                new Layer().file("bin/busybox", 04755, "x").bytes(),
                new Layer().hardLink("bin/sh", "bin/busybox").bytes());

        assertThat(image.file("/bin/sh").orElseThrow().mode()).isEqualTo(04755);
    }

    @Test
    void aHardLinkToNothingIsAnError() {
        byte[] layer = new Layer().hardLink("bin/sh", "bin/busybox").bytes();

        assertThatThrownBy(() -> image(layer)).hasMessageContaining("/bin/sh leads to /bin/busybox");
    }

    @Test
    void anArchiveIsReadWithItsLayersGzippedOrNot(@TempDir Path folder) throws IOException {
        Path archive = folder.resolve("image.tar");
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
            gzip.write(new Layer().file("b", 0644, "two").bytes());
        }
        Files.write(
                archive,
                new Layer()
                        .file("config.json", 0644, "{\"config\": {\"User\": \"7\", \"Entrypoint\": [\"/x\"]}}")
                        .file(
                                "manifest.json",
                                0644,
                                "[{\"Config\": \"config.json\", \"Layers\": [\"one.tar\", \"two.tar.gz\"]}]")
                        .file(
                                "one.tar",
                                0644,
                                new Layer().file("a", 0644, "one").bytes(),
                                entry -> {})
                        .file("two.tar.gz", 0644, zipped.toByteArray(), entry -> {})
                        .bytes());

        Image image = ImageArchive.read(archive);

        assertThat(image.user()).isEqualTo("7");
        assertThat(image.entrypoint()).containsExactly("/x");
        assertThat(image.files()).containsOnlyKeys("/a", "/b");
    }

    @Test
    void anImageThatWasNotBuiltIsAnErrorThatSaysHow(@TempDir Path folder) {
        assertThatThrownBy(() -> ImageArchive.read(folder.resolve("none.tar"))).hasMessageContaining("make images");
    }

    private static Image image(byte[]... layers) throws IOException {
        return ImageArchive.of(new ObjectMapper().readTree("{}"), List.of(layers));
    }
}
