package dev.stockade.e2e.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.e2e.image.ImageFile.Kind;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** Reads a docker-archive: a tar with manifest.json, a configuration, and a tar for each layer, gzipped or not. */
public final class ImageArchive {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String REMOVED = ".wh.";
    private static final String CAPABILITIES = "SCHILY.xattr.security.capability";

    private ImageArchive() {}

    /** The image of an archive that holds one, in memory whole: some 150 MB. */
    public static Image read(Path archive) throws IOException {
        if (!Files.exists(archive)) {
            throw new IOException("there is no image at " + archive + ": build it with -Dimages, or 'make images'");
        }
        Map<String, byte[]> parts = new HashMap<>();
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new BufferedInputStream(Files.newInputStream(archive)))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                parts.put(entry.getName(), tar.readAllBytes());
            }
        }
        JsonNode manifest = JSON.readTree(part(parts, "manifest.json")).path(0);
        List<byte[]> layers = new ArrayList<>();
        for (JsonNode layer : manifest.path("Layers")) {
            layers.add(part(parts, layer.asText()));
        }
        return of(JSON.readTree(part(parts, manifest.path("Config").asText())), layers);
    }

    /** The image of a configuration and of layers, the lowest first. */
    static Image of(JsonNode configuration, List<byte[]> layers) throws IOException {
        SortedMap<String, ImageFile> files = new TreeMap<>();
        for (byte[] layer : layers) {
            lay(layer, files);
        }
        JsonNode config = configuration.path("config");
        return new Image(
                config.path("User").asText(),
                texts(config.path("Entrypoint")),
                texts(config.path("Cmd")),
                texts(config.path("Env")),
                files);
    }

    /** Lays a layer over the files that are there. */
    private static void lay(byte[] layer, SortedMap<String, ImageFile> files) throws IOException {
        Map<String, ImageFile> added = new TreeMap<>();
        try (TarArchiveInputStream tar = new TarArchiveInputStream(unzipped(layer))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                String path = absolute(entry.getName());
                String name = path.substring(path.lastIndexOf('/') + 1);
                if (name.startsWith(REMOVED)) {
                    remove(path, name, files);
                } else if (!path.isEmpty()) {
                    added.put(path, file(entry, path, tar, added, files));
                }
            }
        }
        for (ImageFile file : added.values()) {
            if (file.kind() != Kind.FOLDER) {
                files.keySet().removeIf(other -> other.startsWith(file.path() + "/"));
            }
            files.put(file.path(), file);
        }
    }

    /** A whiteout takes away what lower layers have, the opaque one all of its folder. */
    private static void remove(String path, String name, SortedMap<String, ImageFile> files) {
        String folder = path.substring(0, path.length() - name.length());
        String gone = name.equals(".wh..wh..opq") ? folder : folder + name.substring(REMOVED.length());
        files.keySet()
                .removeIf(other -> other.equals(gone) || other.startsWith(gone.endsWith("/") ? gone : gone + "/"));
    }

    private static ImageFile file(
            TarArchiveEntry entry,
            String path,
            InputStream content,
            Map<String, ImageFile> added,
            SortedMap<String, ImageFile> below)
            throws IOException {
        if (entry.isLink()) {
            String other = absolute(entry.getLinkName());
            ImageFile same = added.getOrDefault(other, below.get(other));
            if (same == null) {
                throw new IOException(
                        "the layer's hard link %s leads to %s, which is not there".formatted(path, other));
            }
            return new ImageFile(
                    path,
                    same.kind(),
                    same.mode(),
                    same.uid(),
                    same.gid(),
                    same.target(),
                    same.capabilities(),
                    same.content());
        }
        Kind kind = kind(entry);
        return new ImageFile(
                path,
                kind,
                entry.getMode() & 07777,
                entry.getLongUserId(),
                entry.getLongGroupId(),
                entry.isSymbolicLink() ? entry.getLinkName() : "",
                entry.getExtraPaxHeader(CAPABILITIES) != null,
                kind == Kind.FILE ? content.readAllBytes() : new byte[0]);
    }

    private static Kind kind(TarArchiveEntry entry) {
        if (entry.isDirectory()) {
            return Kind.FOLDER;
        }
        if (entry.isSymbolicLink()) {
            return Kind.LINK;
        }
        // the library calls devices files as well
        boolean special = entry.isCharacterDevice() || entry.isBlockDevice() || entry.isFIFO();
        return special ? Kind.SPECIAL : Kind.FILE;
    }

    private static InputStream unzipped(byte[] layer) throws IOException {
        InputStream bytes = new ByteArrayInputStream(layer);
        boolean zipped = layer.length > 2 && (layer[0] & 0xff) == 0x1f && (layer[1] & 0xff) == 0x8b;
        return zipped ? new GZIPInputStream(bytes, 1 << 16) : bytes;
    }

    private static String absolute(String name) {
        String path = Path.of("/", name).normalize().toString();
        return path.equals("/") ? "" : path;
    }

    private static byte[] part(Map<String, byte[]> parts, String name) throws IOException {
        byte[] part = parts.get(name);
        if (part == null) {
            throw new IOException("the archive has no '%s'; it has %s".formatted(name, parts.keySet()));
        }
        return Objects.requireNonNull(part);
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(one -> texts.add(one.asText()));
        return List.copyOf(texts);
    }
}
