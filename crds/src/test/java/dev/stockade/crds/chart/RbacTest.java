package dev.stockade.crds.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The chart's rights are the list in {@code docs/rbac.md}, right by right, so that none is added without its reason. */
class RbacTest {
    private static final Path PAGE = Path.of("..", "docs", "rbac.md");
    /** The page's word for what the value {@code caSecretName} names. */
    private static final String EXISTING_CA = "<caSecretName>";

    private static final Pattern ROLE = Pattern.compile("(ClusterRole|Role) `([a-z-]+)`");
    private static final Pattern WORD = Pattern.compile("`([^`]+)`");

    /** One verb on one resource; an empty name is any name. */
    private record Right(String role, String group, String resource, String name, String verb)
            implements Comparable<Right> {
        @Override
        public int compareTo(Right other) {
            return toString().compareTo(other.toString());
        }
    }

    @Test
    void theChartGivesTheRightsThatThePageListsAndNoOther() throws IOException {
        // Given an installation with an existing CA, which has one right more than any other
        Set<Right> given = rights(Rendered.with("caSecretName", "my-ca")).stream()
                .map(right -> right.name().equals("my-ca")
                        ? new Right(right.role(), right.group(), right.resource(), EXISTING_CA, right.verb())
                        : right)
                .collect(Collectors.toCollection(TreeSet::new));
        // When the page is read
        Set<Right> listed = listed();
        // Then both are the same list
        assertThat(given).isNotEmpty().containsExactlyElementsOf(listed);
    }

    @Test
    void withoutAnExistingCaTheRightToReadItIsTheOnlyOneThatIsMissing() {
        Set<Right> less = rights(Rendered.with("caSecretName", "my-ca"));
        less.removeAll(rights(Rendered.with()));

        assertThat(less).containsExactly(new Right("Role/stockade-operator", "", "secrets", "my-ca", "get"));
    }

    @Test
    void nothingIsGivenByAWildcardAndNothingLeadsToMoreRights() {
        assertThat(rights(Rendered.with("caSecretName", "my-ca"))).allSatisfy(right -> {
            assertThat(List.of(right.group(), right.resource(), right.name(), right.verb()))
                    .doesNotContain("*");
            assertThat(right.verb()).isNotIn("escalate", "bind", "impersonate");
            assertThat(right.group()).isNotIn("rbac.authorization.k8s.io", "certificates.k8s.io");
            assertThat(right.resource()).isNotIn("serviceaccounts/token", "pods/exec", "pods/ephemeralcontainers");
        });
    }

    @Test
    void theOperatorsRolesAreBoundToItsOwnAccountAloneAndNothingElseIsBound() {
        List<JsonNode> bindings = Rendered.with().values().stream()
                .filter(object -> object.path("kind").asText().endsWith("Binding"))
                .toList();

        assertThat(bindings).hasSize(2).allSatisfy(binding -> {
            assertThat(binding.at("/roleRef/name").asText()).isEqualTo("stockade-operator");
            assertThat(binding.path("subjects").toString())
                    .isEqualTo(
                            "[{\"kind\":\"ServiceAccount\",\"name\":\"stockade-operator\",\"namespace\":\"stockade-system\"}]");
        });
    }

    /** The templates of roles are as they are for every value but one. */
    @Test
    void noOtherValueChangesARight() {
        assertThat(rights(Rendered.with(
                        "operator.replicas", "1",
                        "networkPolicy", "false",
                        "metrics.serviceMonitor", "true")))
                .isEqualTo(rights(Rendered.with()));
    }

    private static Set<Right> rights(Map<String, JsonNode> objects) {
        Set<Right> rights = new TreeSet<>();
        for (Map.Entry<String, JsonNode> object : objects.entrySet()) {
            String kind = object.getValue().path("kind").asText();
            if (!kind.equals("ClusterRole") && !kind.equals("Role")) {
                continue;
            }
            for (JsonNode rule : object.getValue().path("rules")) {
                assertThat(rule.has("nonResourceURLs")).as("%s", object).isFalse();
                rights.addAll(combined(
                        object.getKey(),
                        Rendered.texts(rule.path("apiGroups")).toList(),
                        Rendered.texts(rule.path("resources")).toList(),
                        rule.has("resourceNames")
                                ? Rendered.texts(rule.path("resourceNames")).toList()
                                : List.of(""),
                        Rendered.texts(rule.path("verbs")).toList()));
            }
        }
        return rights;
    }

    private static List<Right> combined(
            String role, List<String> groups, List<String> resources, List<String> names, List<String> verbs) {
        return groups.stream()
                .flatMap(group -> resources.stream()
                        .flatMap(resource -> names.stream()
                                .flatMap(name ->
                                        verbs.stream().map(verb -> new Right(role, group, resource, name, verb)))))
                .toList();
    }

    /** Rows of the tables below the headings that name a role: group, resources, names, verbs, reason. */
    private static Set<Right> listed() throws IOException {
        Set<Right> rights = new TreeSet<>();
        String role = "";
        for (String line : Files.readAllLines(PAGE)) {
            if (line.startsWith("#")) {
                Matcher named = ROLE.matcher(line);
                role = named.find() ? named.group(1) + "/" + named.group(2) : "";
            } else if (!role.isEmpty()
                    && line.startsWith("| ")
                    && words(line).findAny().isPresent()) {
                String[] cells = line.split("\\|", -1);
                assertThat(cells.length).as("cells of the row %s", line).isEqualTo(7);
                assertThat(cells[5].strip())
                        .as("the reason in the row %s", line)
                        .isNotEmpty();
                rights.addAll(combined(
                        role,
                        cells[1].strip().equals("core")
                                ? List.of("")
                                : words(cells[1]).toList(),
                        words(cells[2]).toList(),
                        cells[3].strip().equals("any")
                                ? List.of("")
                                : words(cells[3]).toList(),
                        Stream.of(cells[4].strip().split(", *")).toList()));
            }
        }
        return rights;
    }

    private static Stream<String> words(String cell) {
        return WORD.matcher(cell).results().map(match -> match.group(1));
    }
}
