package dev.stockade.e2e.image;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.Stream;

/**
 * An image as a container sees it: how it is started, and its files when all layers lie on each other.
 *
 * @param user as the configuration has it
 * @param files by their absolute path
 */
public record Image(
        String user,
        List<String> entrypoint,
        List<String> command,
        List<String> environment,
        SortedMap<String, ImageFile> files) {

    public Optional<ImageFile> file(String path) {
        return Optional.ofNullable(files.get(path));
    }

    /** Its regular files. */
    public Stream<ImageFile> regular() {
        return files.values().stream().filter(ImageFile::isFile);
    }
}
