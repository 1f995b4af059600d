package dev.stockade.crds;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a definition takes less than a former one did. A keyword that this does not know must not change at all. New fields are
 * free; what is only read by people is, too.
 */
final class Narrowing {
    private static final Set<String> FOR_PEOPLE = Set.of("description", "title", "example");

    private final List<String> found = new ArrayList<>();

    private Narrowing() {}

    /** @return a sentence for each; empty if whatever the released definition took is taken */
    static List<String> of(Object released, Object now) {
        Narrowing narrowing = new Narrowing();
        Map<?, ?> was = map(map(released).get("spec"));
        Map<?, ?> is = map(map(now).get("spec"));
        for (String fixed : List.of("group", "scope")) {
            narrowing.same(fixed, was.get(fixed), is.get(fixed));
        }
        narrowing.names(map(was.get("names")), map(is.get("names")));
        for (Object version : list(was.get("versions"))) {
            Map<?, ?> former = map(version);
            Map<?, ?> latter = list(is.get("versions")).stream()
                    .map(Narrowing::map)
                    .filter(one -> Objects.equals(one.get("name"), former.get("name")))
                    .findFirst()
                    .orElse(Map.of());
            String name = String.valueOf(former.get("name"));
            narrowing.same(name + ".served", former.get("served"), latter.get("served"));
            narrowing.same(name + ".subresources", former.get("subresources"), latter.get("subresources"));
            narrowing.schema(
                    "",
                    map(map(former.get("schema")).get("openAPIV3Schema")),
                    map(map(latter.get("schema")).get("openAPIV3Schema")));
        }
        return narrowing.found;
    }

    /** The same of two schemas. */
    static List<String> ofSchemas(String path, Object released, Object now) {
        Narrowing narrowing = new Narrowing();
        narrowing.schema(path, map(released), map(now));
        return narrowing.found;
    }

    private void names(Map<?, ?> was, Map<?, ?> is) {
        was.forEach((name, value) -> {
            if (value instanceof Collection<?> several) {
                atLeast("names." + name, several, list(is.get(name)));
            } else {
                same("names." + name, value, is.get(name));
            }
        });
    }

    private void schema(String path, Map<?, ?> was, Map<?, ?> is) {
        Set<Object> keywords = new LinkedHashSet<>(was.keySet());
        keywords.addAll(is.keySet());
        for (Object keyword : keywords) {
            keyword(path, String.valueOf(keyword), was.get(keyword), is.get(keyword));
        }
    }

    private void keyword(String path, String keyword, @Nullable Object was, @Nullable Object is) {
        String at = path + "." + keyword;
        switch (keyword) {
            case "properties" -> properties(path, map(was), map(is));
            case "items" -> schema(path + "[]", map(was), map(is));
            case "additionalProperties" -> schema(path + "{}", map(was), map(is));
            case "required" -> atMost(at, list(was), list(is));
            case "enum" -> {
                if (is != null) {
                    atLeast(at, list(was), list(is));
                    if (was == null) {
                        report(at, was, is);
                    }
                }
            }
            case "maximum", "maxLength", "maxItems", "maxProperties" -> bound(at, was, is, 1);
            case "minimum", "minLength", "minItems", "minProperties" -> bound(at, was, is, -1);
            case "pattern" -> {
                if (is != null) {
                    same(at, was, is);
                }
            }
            case "x-kubernetes-validations" -> rules(at, list(was), list(is));
            default -> {
                if (!FOR_PEOPLE.contains(keyword)) {
                    same(at, was, is);
                }
            }
        }
    }

    private void properties(String path, Map<?, ?> was, Map<?, ?> is) {
        was.forEach((name, schema) -> {
            String at = path.isEmpty() ? String.valueOf(name) : path + "." + name;
            if (is.containsKey(name)) {
                schema(at, map(schema), map(is.get(name)));
            } else {
                found.add(at + ": gone");
            }
        });
    }

    private void bound(String at, @Nullable Object was, @Nullable Object is, int direction) {
        if (is != null && (was == null || Integer.signum(number(is).compareTo(number(was))) == -direction)) {
            report(at, was, is);
        }
    }

    /** Rules are added by whoever narrows; which ones reject nothing that was accepted, only a person can tell. */
    private void rules(String at, Collection<?> was, Collection<?> is) {
        List<?> known = was.stream().map(rule -> map(rule).get("rule")).toList();
        for (Object rule : is) {
            if (!known.contains(map(rule).get("rule"))) {
                found.add(at + ": new rule " + map(rule).get("rule"));
            }
        }
    }

    private void atMost(String at, Collection<?> was, Collection<?> is) {
        if (!was.containsAll(is)) {
            report(at, was, is);
        }
    }

    private void atLeast(String at, Collection<?> was, Collection<?> is) {
        if (!is.containsAll(was)) {
            report(at, was, is);
        }
    }

    private void same(String at, @Nullable Object was, @Nullable Object is) {
        if (!Objects.equals(was, is)) {
            report(at, was, is);
        }
    }

    private void report(String at, @Nullable Object was, @Nullable Object is) {
        found.add(at + ": was " + was + ", is " + is);
    }

    private static BigDecimal number(Object value) {
        return new BigDecimal(value.toString());
    }

    private static Map<?, ?> map(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? map : Map.of();
    }

    private static Collection<?> list(@Nullable Object value) {
        return value instanceof Collection<?> list ? list : List.of();
    }
}
