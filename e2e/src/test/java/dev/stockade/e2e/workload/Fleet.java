package dev.stockade.e2e.workload;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What an overlay of {@code samples/gitops} is made of, in namespaces of a prefix, so that several stand side by side on one cluster.
 *
 * @param documents each one object
 */
public record Fleet(String prefix, List<String> documents) {
    private static final Pattern NAMESPACE = Pattern.compile("(?m)^(\\s*(?:- )?namespace: )(tools|agents)$");
    private static final Pattern NAME = Pattern.compile("(?m)^(  name: )(tools|agents)$");
    private static final String LABEL = "    stockade.dev/mesh: enabled\n";

    public Fleet {
        documents = List.copyOf(documents);
    }

    /**
     * @param rendered by kubectl kustomize
     * @param image of the programs, as the cluster knows it
     */
    public static Fleet of(String rendered, String prefix, String image) {
        return new Fleet(
                prefix,
                Stream.of(rendered.split("(?m)^---\n"))
                        .map(one -> NAMESPACE.matcher(one).replaceAll("$1" + prefix + "$2"))
                        .map(one -> is(one, "Namespace") ? NAME.matcher(one).replaceAll("$1" + prefix + "$2") : one)
                        .map(one -> one.replace("image: stockade-quickstart:1\n", "image: \"" + image + "\"\n"))
                        .toList());
    }

    public String tools() {
        return prefix + "tools";
    }

    public String agents() {
        return prefix + "agents";
    }

    public String all() {
        return String.join("---\n", documents);
    }

    public List<String> namespaces() {
        return documents.stream().filter(one -> is(one, "Namespace")).toList();
    }

    /** The namespaces, before the platform has taken them into the mesh. */
    public List<String> namespacesOutsideTheMesh() {
        return namespaces().stream().map(one -> one.replace(LABEL, "")).toList();
    }

    /** All but the namespaces, without which the API server takes nothing. */
    public List<String> contents() {
        return documents.stream().filter(one -> !is(one, "Namespace")).toList();
    }

    /** Those of some kinds. */
    public String only(String... kinds) {
        return String.join(
                "---\n",
                documents.stream()
                        .filter(one -> Stream.of(kinds).anyMatch(kind -> is(one, kind)))
                        .toList());
    }

    private static boolean is(String document, String kind) {
        return document.contains("\nkind: " + kind + "\n");
    }
}
