package dev.stockade.e2e.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What a bill of materials (CycloneDX) says is in an image, as somebody reads it who knows the standard and not who wrote it. */
public final class BillOfMaterials {
    private static final String DEBIAN = "pkg:deb/";

    private final Map<String, String> digests = new HashMap<>();
    private final Map<String, String> libraries = new HashMap<>();
    private final Map<String, String> debian = new HashMap<>();
    private final Map<String, Set<String>> debianFiles = new HashMap<>();
    private final Set<String> alone = new HashSet<>();

    private BillOfMaterials() {}

    public static BillOfMaterials parse(byte[] document) throws IOException {
        BillOfMaterials bill = new BillOfMaterials();
        for (JsonNode component : new ObjectMapper().readTree(document).path("components")) {
            bill.add(component);
        }
        return bill;
    }

    /** Where each file is that it names, and its SHA-256. */
    public Map<String, String> digests() {
        return Map.copyOf(digests);
    }

    /** Where each library is, and its package URL. */
    public Map<String, String> libraries() {
        return Map.copyOf(libraries);
    }

    /** The Debian packages and their versions. */
    public Map<String, String> debian() {
        return Map.copyOf(debian);
    }

    /** The files of each Debian package. */
    public Map<String, Set<String>> debianFiles() {
        return Map.copyOf(debianFiles);
    }

    /** Files that no part brought. */
    public Set<String> alone() {
        return Set.copyOf(alone);
    }

    private void add(JsonNode component) {
        String name = component.path("name").asText();
        String purl = component.path("purl").asText();
        if (component.path("type").asText().equals("file")) {
            alone.add(name);
            file(component);
        }
        for (JsonNode occurrence : component.path("evidence").path("occurrences")) {
            String location = occurrence.path("location").asText();
            digest(location, component);
            libraries.put(location, purl);
        }
        if (purl.startsWith(DEBIAN)) {
            debian.put(name, component.path("version").asText());
        }
        for (JsonNode part : component.path("components")) {
            file(part);
            if (purl.startsWith(DEBIAN)) {
                debianFiles
                        .computeIfAbsent(name, same -> new HashSet<>())
                        .add(part.path("name").asText());
            }
        }
    }

    private void file(JsonNode component) {
        digest(component.path("name").asText(), component);
    }

    private void digest(String location, JsonNode component) {
        for (JsonNode hash : component.path("hashes")) {
            if (hash.path("alg").asText().equals("SHA-256")
                    && digests.put(location, hash.path("content").asText()) != null) {
                throw new IllegalArgumentException(location + " stands twice in the bill of materials");
            }
        }
    }
}
