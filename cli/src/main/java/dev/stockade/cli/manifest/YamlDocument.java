package dev.stockade.cli.manifest;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * One document of a YAML file, with the place of each value.
 *
 * @param start where its content begins
 * @param places of values by their path, such as {@code spec.allow[0].tools}; the document's own path is empty
 */
public record YamlDocument(JsonNode root, Place start, Map<String, Place> places) {
    public YamlDocument {
        requireNonNull(root);
        requireNonNull(start);
        places = Map.copyOf(places);
    }

    /** The place of the value at the path, or of the nearest one around it. */
    public Place at(String path) {
        String around = path;
        while (!around.isEmpty()) {
            Place place = places.get(around);
            if (place != null) {
                return place;
            }
            int cut = Math.max(around.lastIndexOf('.'), around.lastIndexOf('['));
            around = cut < 0 ? "" : around.substring(0, cut);
        }
        return start;
    }
}
