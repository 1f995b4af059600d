package dev.stockade.e2e.cluster;

import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** An image of the same name whose process is told another time of day: Debian's libfaketime is loaded before the C library. */
public final class OtherClock {
    private static final String LIBRARY = "libfaketimeMT.so.1";

    private OtherClock() {}

    /**
     * Writes the archive.
     *
     * @param off by which the clock goes ahead, or behind where it is negative
     * @return where it is; to be deleted by the caller
     */
    public static Path of(Path root, String name, Path archive, Duration off) {
        try {
            Path unpacked = Files.createTempDirectory("stockade-faketime");
            Command.run(
                    root,
                    Map.of(),
                    List.of(
                            root.resolve("e2e/cluster/cluster.sh").toString(),
                            "debian",
                            unpacked.toString(),
                            "libfaketime"));
            Path library;
            try (Stream<Path> files = Files.walk(unpacked)) {
                library = files.filter(file -> file.endsWith(LIBRARY))
                        .findFirst()
                        .orElseThrow(() -> new IllegalStateException("Debian's libfaketime has no " + LIBRARY));
            }
            Path out = Files.createTempFile("stockade-other-clock", ".tar");
            Jib.from(TarImage.at(archive).named(name))
                    .addLayer(List.of(library.toRealPath()), AbsoluteUnixPath.get("/clock"))
                    .addEnvironmentVariable(
                            "LD_PRELOAD", "/clock/" + library.toRealPath().getFileName())
                    .addEnvironmentVariable("FAKETIME", "%+ds".formatted(off.toSeconds()))
                    // Only the time of day is another: waiting goes on as it does.
                    .addEnvironmentVariable("FAKETIME_DONT_FAKE_MONOTONIC", "1")
                    .addEnvironmentVariable("DONT_FAKE_MONOTONIC", "1")
                    .containerize(Containerizer.to(TarImage.at(out).named(name)));
            return out;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while making an image with another clock", e);
        } catch (IOException | RuntimeException e) {
            throw new IllegalStateException("no image with another clock: " + e.getMessage(), e);
        } catch (Exception e) {
            throw new IllegalStateException("Jib cannot make an image with another clock: " + e.getMessage(), e);
        }
    }
}
