package dev.stockade.cli.manifest;

import static java.util.Objects.requireNonNull;

import dev.stockade.cli.UnusableException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Finds and reads the files that a person names: files, folders, patterns with {@code *}, and {@code -}. */
public final class SourceFiles {
    private static final List<String> SUFFIXES = List.of(".yaml", ".yml", ".json");
    /** How much one file may hold, in bytes. */
    private static final long LARGEST = 16L * 1024 * 1024;

    private final Path folder;
    private final InputStream standardInput;

    /**
     * @param folder that relative names start from
     * @param standardInput what {@code -} means
     */
    public SourceFiles(Path folder, InputStream standardInput) {
        this.folder = requireNonNull(folder);
        this.standardInput = requireNonNull(standardInput);
    }

    /**
     * The text of everything that is named.
     *
     * @param recursive whether folders are searched below, too
     * @return by how to name it, in the order of the names; a file that is named twice stands once
     * @throws UnusableException if something cannot be found or read
     */
    public Map<String, String> texts(List<String> names, boolean recursive) throws UnusableException {
        Map<String, String> texts = new LinkedHashMap<>();
        for (String name : names) {
            if (name.equals("-")) {
                texts.put("stdin", standardInput());
            } else {
                for (Path file : files(name, recursive)) {
                    texts.put(shown(file), text(file));
                }
            }
        }
        return texts;
    }

    /**
     * The text of one file.
     *
     * @param name {@code -} for standard input
     */
    public String text(String name) throws UnusableException {
        return name.equals("-") ? standardInput() : text(folder.resolve(name));
    }

    private List<Path> files(String name, boolean recursive) throws UnusableException {
        Path path = folder.resolve(name).normalize();
        if (Files.isDirectory(path)) {
            List<Path> found = below(path, recursive ? Integer.MAX_VALUE : 1).stream()
                    .filter(file -> SUFFIXES.stream().anyMatch(file.toString()::endsWith))
                    .toList();
            if (found.isEmpty()) {
                throw new UnusableException(name + ": there is no .yaml, .yml or .json file in this folder"
                        + (recursive ? "." : "; -R looks into those below it, too."));
            }
            return found;
        }
        if (name.contains("*") && !Files.exists(path)) {
            return matching(name, path);
        }
        if (!Files.exists(path)) {
            throw new UnusableException(name + ": there is no such file or folder.");
        }
        return List.of(path);
    }

    private List<Path> matching(String name, Path pattern) throws UnusableException {
        Path root = pattern;
        while (root.toString().contains("*")) {
            root = requireNonNull(root.getParent());
        }
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
        List<Path> found = Files.isDirectory(root)
                ? below(root, name.contains("**") ? Integer.MAX_VALUE : pattern.getNameCount() - root.getNameCount())
                        .stream()
                        .filter(matcher::matches)
                        .toList()
                : List.of();
        if (found.isEmpty()) {
            throw new UnusableException(name + ": no file matches.");
        }
        return found;
    }

    private static List<Path> below(Path root, int depth) throws UnusableException {
        try (Stream<Path> walk = Files.walk(root, depth)) {
            return walk.filter(Files::isRegularFile).sorted().toList();
        } catch (IOException | java.io.UncheckedIOException e) {
            throw new UnusableException(root + ": the folder cannot be read: " + e.getMessage());
        }
    }

    private String shown(Path file) {
        List<Path> names = new ArrayList<>(List.of(file));
        if (file.startsWith(folder)) {
            names.add(folder.relativize(file));
        }
        return names.getLast().toString();
    }

    private String text(Path file) throws UnusableException {
        String shown = shown(file);
        try {
            if (Files.size(file) > LARGEST) {
                throw new UnusableException(shown + ": the file is larger than 16 MiB.");
            }
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new UnusableException(shown + ": the file is not text in UTF-8.");
        } catch (NoSuchFileException e) {
            throw new UnusableException(shown + ": there is no such file.");
        } catch (IOException e) {
            throw new UnusableException(shown + ": the file cannot be read: " + e.getMessage());
        }
    }

    private String standardInput() throws UnusableException {
        try {
            byte[] bytes = standardInput.readNBytes((int) LARGEST + 1);
            if (bytes.length > LARGEST) {
                throw new UnusableException("stdin: there is more than 16 MiB.");
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(java.nio.ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new UnusableException("stdin: this is not text in UTF-8.");
        } catch (IOException e) {
            throw new UnusableException("stdin cannot be read: " + e.getMessage());
        }
    }
}
