package dev.stockade.e2e.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** A layer that a test writes entry by entry. */
final class Layer {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes);

    Layer() {
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    }

    Layer folder(String path, int mode) {
        return add(new TarArchiveEntry(path + "/"), mode, new byte[0], entry -> {});
    }

    Layer file(String path, int mode, String content) {
        return file(path, mode, content.getBytes(StandardCharsets.ISO_8859_1), entry -> {});
    }

    Layer file(String path, int mode, byte[] content, Consumer<TarArchiveEntry> change) {
        return add(new TarArchiveEntry(path), mode, content, change);
    }

    Layer link(String path, String target) {
        return add(
                new TarArchiveEntry(path, TarConstants.LF_SYMLINK),
                0777,
                new byte[0],
                entry -> entry.setLinkName(target));
    }

    Layer hardLink(String path, String target) {
        return add(
                new TarArchiveEntry(path, TarConstants.LF_LINK), 0777, new byte[0], entry -> entry.setLinkName(target));
    }

    Layer device(String path) {
        return add(new TarArchiveEntry(path, TarConstants.LF_CHR), 0600, new byte[0], entry -> {});
    }

    Layer jar(String path, String entry, String content) {
        ByteArrayOutputStream jar = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(jar)) {
            zip.putNextEntry(new ZipEntry(entry));
            zip.write(content.getBytes(StandardCharsets.ISO_8859_1));
            zip.closeEntry();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file(path, 0644, jar.toByteArray(), same -> {});
    }

    byte[] bytes() {
        try {
            tar.finish();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private Layer add(TarArchiveEntry entry, int mode, byte[] content, Consumer<TarArchiveEntry> change) {
        try {
            entry.setMode(mode);
            entry.setIds(0, 0);
            entry.setSize(content.length);
            change.accept(entry);
            tar.putArchiveEntry(entry);
            tar.write(content);
            tar.closeArchiveEntry();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }
}
