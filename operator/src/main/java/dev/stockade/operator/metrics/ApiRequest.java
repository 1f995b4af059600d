package dev.stockade.operator.metrics;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.util.List;

/**
 * A request to the API server as RBAC names it.
 *
 * @param verb get, list, watch, create, update, patch, delete
 * @param resource plural, with its subresource: {@code securemcpservers/status}; {@code other} for what is not a resource
 */
record ApiRequest(String verb, String resource) {
    static final String OTHER = "other";

    ApiRequest {
        requireNonNull(verb);
        requireNonNull(resource);
    }

    /** From an HTTP request's line. */
    static ApiRequest of(String method, URI uri) {
        List<String> path = List.of(uri.getPath().replaceFirst("^/", "").split("/", -1));
        // api/v1/... of the core group, apis/<group>/<version>/... of the others
        int at = path.getFirst().equals("api") ? 2 : path.getFirst().equals("apis") ? 3 : path.size();
        if (at + 1 < path.size() && path.get(at).equals("namespaces") && at + 2 < path.size()) {
            at += 2;
        }
        if (at >= path.size() || path.get(at).isEmpty()) {
            return new ApiRequest(verb(method, uri, true), OTHER);
        }
        boolean named = at + 1 < path.size();
        String resource = at + 2 < path.size() ? path.get(at) + "/" + path.get(at + 2) : path.get(at);
        return new ApiRequest(verb(method, uri, named), resource);
    }

    private static String verb(String method, URI uri, boolean named) {
        return switch (method) {
            case "POST" -> "create";
            case "PUT" -> "update";
            case "PATCH" -> "patch";
            case "DELETE" -> "delete";
            default -> watches(uri) ? "watch" : named ? "get" : "list";
        };
    }

    private static boolean watches(URI uri) {
        String query = uri.getQuery();
        return query != null && List.of(query.split("&", -1)).contains("watch=true");
    }
}
