package dev.stockade.sbom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * What lies below what the build adds.
 *
 * @param reference how the build names it
 * @param files its regular files by path; none if it lies in a registry, where Jib alone reads it
 */
record BaseImage(String reference, SortedMap<String, byte[]> files) {
    private static final String ARCHIVE = "tar://";
    private static final String PACKAGES = "/var/lib/dpkg/status.d";
    private static final String SUMS = ".md5sums";
    private static final String REMOVED = ".wh.";

    /** Reads it where it is an archive. */
    static BaseImage read(String reference) throws IOException {
        if (!reference.startsWith(ARCHIVE)) {
            return new BaseImage(reference, new TreeMap<>());
        }
        Map<String, byte[]> parts = parts(Path.of(reference.substring(ARCHIVE.length())));
        SortedMap<String, byte[]> files = new TreeMap<>();
        JsonNode manifest = new ObjectMapper().readTree(parts.getOrDefault("manifest.json", new byte[0]));
        for (JsonNode layer : manifest.path(0).path("Layers")) {
            lay(parts.getOrDefault(layer.asText(), new byte[0]), files);
        }
        return new BaseImage(reference, files);
    }

    boolean isKnown() {
        return !files.isEmpty();
    }

    /** The packages that it says it has, by name. */
    SortedMap<String, DebianPackage> packages() {
        SortedMap<String, DebianPackage> packages = new TreeMap<>();
        files.forEach((path, control) -> {
            if (path.startsWith(PACKAGES + "/") && !path.endsWith(SUMS)) {
                DebianPackage one = DebianPackage.parse(text(control), text(path + SUMS), text("/etc/os-release"));
                packages.put(one.name(), one);
            }
        });
        return packages;
    }

    private String text(String path) {
        return text(files.getOrDefault(path, new byte[0]));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static Map<String, byte[]> parts(Path archive) throws IOException {
        Map<String, byte[]> parts = new HashMap<>();
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new BufferedInputStream(Files.newInputStream(archive)))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                parts.put(entry.getName(), tar.readAllBytes());
            }
        }
        return parts;
    }

    private static void lay(byte[] layer, SortedMap<String, byte[]> files) throws IOException {
        SortedMap<String, byte[]> added = new TreeMap<>();
        try (TarArchiveInputStream tar = new TarArchiveInputStream(unzipped(layer))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                String path = Path.of("/", entry.getName()).normalize().toString();
                String name = path.substring(path.lastIndexOf('/') + 1);
                if (name.startsWith(REMOVED)) {
                    String folder = path.substring(0, path.length() - name.length());
                    String gone = name.equals(".wh..wh..opq") ? folder : folder + name.substring(REMOVED.length());
                    files.keySet().removeIf(other -> other.equals(gone) || other.startsWith(withSlash(gone)));
                } else if (!entry.isDirectory()) {
                    files.remove(path); // a link in the place of a file
                    if (entry.isLink()) {
                        String target =
                                Path.of("/", entry.getLinkName()).normalize().toString();
                        added.put(path, added.getOrDefault(target, files.getOrDefault(target, new byte[0])));
                    } else if (!entry.isSymbolicLink()) {
                        added.put(path, tar.readAllBytes());
                    }
                }
            }
        }
        files.putAll(added);
    }

    private static String withSlash(String folder) {
        return folder.endsWith("/") ? folder : folder + "/";
    }

    private static InputStream unzipped(byte[] layer) throws IOException {
        InputStream bytes = new ByteArrayInputStream(layer);
        boolean zipped = layer.length > 2 && (layer[0] & 0xff) == 0x1f && (layer[1] & 0xff) == 0x8b;
        return zipped ? new GZIPInputStream(bytes, 1 << 16) : bytes;
    }
}
