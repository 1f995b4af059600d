package dev.stockade.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A page that points at a file or a test which is not there claims more than is so. */
class DocumentationTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Set<String> NOT_OURS = Set.of("target", "node_modules", ".git", ".mvn");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)(?:#[^)]*)?\\)");
    private static final Pattern TEST = Pattern.compile("`([A-Z][A-Za-z0-9]*(?:Test|IT|E2E))`");

    static Stream<Path> pages() throws IOException {
        return files(".md").stream().map(ROOT::relativize);
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyLinkLeadsToAFile(Path page) throws IOException {
        List<String> broken = found(LINK, page)
                .filter(target -> !target.contains("://") && !target.startsWith("mailto:"))
                .filter(target -> !Files.exists(ROOT.resolve(page).resolveSibling(target)))
                .toList();

        assertThat(broken).as("links of %s that lead nowhere", page).isEmpty();
    }

    @Test
    void everyTestThatAPageNamesExists() throws IOException {
        Set<String> tests = files(".java").stream()
                .map(file -> file.getFileName().toString().replace(".java", ""))
                .collect(Collectors.toSet());

        List<String> missing = new ArrayList<>();
        for (Path page : pages().toList()) {
            found(TEST, page).filter(name -> !tests.contains(name)).forEach(name -> missing.add(page + ": " + name));
        }

        assertThat(tests).contains("DocumentationTest");
        assertThat(missing).as("tests that are named and do not exist").isEmpty();
    }

    private static Stream<String> found(Pattern pattern, Path page) throws IOException {
        return pattern.matcher(Files.readString(ROOT.resolve(page)))
                .results()
                .map((MatchResult match) -> match.group(1));
    }

    private static List<Path> files(String suffix) throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> top = Files.list(ROOT)) {
            for (Path entry : top.filter(p -> !NOT_OURS.contains(p.getFileName().toString()))
                    .toList()) {
                try (Stream<Path> walk = Files.walk(entry)) {
                    walk.filter(file -> file.toString().endsWith(suffix))
                            .filter(file -> Stream.iterate(file, p -> p != null, Path::getParent)
                                    .noneMatch(p -> p.getFileName() != null
                                            && NOT_OURS.contains(p.getFileName().toString())))
                            .forEach(found::add);
                }
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return found;
    }
}
