package dev.stockade.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
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
    private static final Pattern ANCHOR = Pattern.compile("\\]\\(([^)#\\s:]*)#([^)]+)\\)");
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

    /** As GitHub makes anchors of headings; a link to none lands at the top of the page, and nobody finds what was meant. */
    @ParameterizedTest
    @MethodSource("pages")
    void everyAnchorIsAHeading(Path page) throws IOException {
        List<String> broken = new ArrayList<>();
        for (MatchResult link :
                ANCHOR.matcher(Files.readString(ROOT.resolve(page))).results().toList()) {
            Path target = link.group(1).isEmpty()
                    ? ROOT.resolve(page)
                    : ROOT.resolve(page).resolveSibling(link.group(1)).normalize();
            if (target.toString().endsWith(".md")
                    && Files.exists(target)
                    && !anchors(target).contains(link.group(2))) {
                broken.add(link.group());
            }
        }

        assertThat(broken)
                .as("links of %s to sections that are not there", page)
                .isEmpty();
    }

    private static Set<String> anchors(Path page) throws IOException {
        Set<String> anchors = new HashSet<>();
        boolean code = false;
        for (String line : Files.readAllLines(page)) {
            code ^= line.startsWith("```");
            if (!code && line.startsWith("#")) {
                String heading = line.replaceFirst("^#+", "").strip().replaceAll("\\[([^]]*)]\\([^)]*\\)", "$1");
                anchors.add(heading.toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{Alnum}_ -]", "")
                        .replace(' ', '-'));
            }
        }
        return anchors;
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
