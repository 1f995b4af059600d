package dev.stockade.sbom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;

/**
 * What an image is made of, as CycloneDX 1.6 in JSON. Each regular file of the image stands in it once: as a jar, or as a file of
 * the part that brought it (the Java run-time, a Debian package, a jar that it was unpacked from), or alone. Of what Maven lists,
 * what is not in the image is left out. The same image gives the same bytes.
 */
final class BillOfMaterials {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String RUNTIME_FOLDER = "/opt/java";
    private static final Set<String> DIGESTS = Set.of("SHA-256", "SHA-512");

    private final ArrayNode components = JSON.createArrayNode();
    private final List<String> parts = new ArrayList<>();

    private BillOfMaterials() {}

    /** The image that the document is about. */
    record Subject(String name, String version, String description, Instant created) {}

    /**
     * The Java that comes with it.
     *
     * @param version with its build, as in 25.0.3+9
     */
    record JavaRuntime(String version, String vendor, String modules) {}

    /**
     * Puts it together.
     *
     * @param maven what Maven's plugin listed for the module
     * @param added the files that the build adds to the base
     * @param unpacked by the digest of a file that was unpacked from a jar, that jar's
     */
    static ObjectNode of(
            Subject subject,
            JsonNode maven,
            List<Content> added,
            Map<String, String> unpacked,
            JavaRuntime runtime,
            BaseImage base) {
        BillOfMaterials bill = new BillOfMaterials();
        Map<String, ObjectNode> libraries = libraries(maven, subject, added);
        List<Content> left = bill.jars(libraries, added);
        left = bill.unpacked(libraries, left, unpacked);
        left = bill.runtime(runtime, left);
        bill.base(base);
        left.forEach(file -> bill.components.add(file(file)));
        return bill.document(subject, maven, libraries);
    }

    /** What Maven knows, by digest; the module's own jar, which it lists apart, is found among what the build adds. */
    private static Map<String, ObjectNode> libraries(JsonNode maven, Subject subject, List<Content> added) {
        Map<String, ObjectNode> libraries = new LinkedHashMap<>();
        ObjectNode own = maven.path("metadata").path("component").deepCopy();
        String jar = "%s-%s.jar".formatted(subject.name(), subject.version());
        added.stream().filter(file -> file.name().equals(jar)).forEach(file -> {
            own.set("hashes", hashes(file.sha256()));
            libraries.put(file.sha256(), own);
        });
        for (JsonNode component : maven.path("components")) {
            ObjectNode copy = component.deepCopy();
            ArrayNode kept = JSON.createArrayNode();
            String sha256 = "";
            for (JsonNode hash : component.path("hashes")) {
                if (DIGESTS.contains(hash.path("alg").asText())) {
                    kept.add(hash);
                }
                if (hash.path("alg").asText().equals("SHA-256")) {
                    sha256 = hash.path("content").asText();
                }
            }
            copy.set("hashes", kept);
            libraries.put(sha256, copy);
        }
        return libraries;
    }

    /** Takes the jars, and gives back what is none. */
    private List<Content> jars(Map<String, ObjectNode> libraries, List<Content> added) {
        List<Content> left = new ArrayList<>();
        Set<String> unknown = new HashSet<>();
        for (Content file : added) {
            ObjectNode library = libraries.get(file.sha256());
            if (library == null) {
                if (file.name().endsWith(".jar") && !file.isIn(RUNTIME_FOLDER)) {
                    unknown.add(file.path());
                }
                left.add(file);
            } else {
                library.putObject("evidence")
                        .putArray("occurrences")
                        .addObject()
                        .put("location", file.path());
                part(library);
            }
        }
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("the image has jars that Maven does not list: " + unknown);
        }
        return left;
    }

    /** Takes the files that were unpacked from jars, each under its jar, which is in the image in no other way. */
    private List<Content> unpacked(
            Map<String, ObjectNode> libraries, List<Content> added, Map<String, String> unpacked) {
        List<Content> left = new ArrayList<>();
        for (Content file : added) {
            ObjectNode library = libraries.get(unpacked.getOrDefault(file.sha256(), ""));
            if (library == null) {
                left.add(file);
            } else {
                library.withArray("/components").add(file(file));
                part(library);
            }
        }
        return left;
    }

    private List<Content> runtime(JavaRuntime runtime, List<Content> added) {
        String purl = "pkg:generic/openjdk@" + URLEncoder.encode(runtime.version(), StandardCharsets.UTF_8);
        ObjectNode component = component("platform", purl, "openjdk", runtime.version())
                .put("publisher", runtime.vendor())
                .put("description", "linked by jlink of " + runtime.modules())
                .put(
                        "cpe",
                        "cpe:2.3:a:oracle:openjdk:%s:*:*:*:*:*:*:*"
                                .formatted(runtime.version().split("\\+", 2)[0]))
                .put("purl", purl);
        component.putArray("licenses").addObject().put("expression", "GPL-2.0-only WITH Classpath-exception-2.0");
        ArrayNode files = component.putArray("components");
        List<Content> left = new ArrayList<>();
        for (Content file : added) {
            if (file.isIn(RUNTIME_FOLDER)) {
                files.add(file(file));
            } else {
                left.add(file);
            }
        }
        if (!files.isEmpty()) {
            part(component);
        }
        return left;
    }

    private void base(BaseImage base) {
        if (!base.isKnown()) {
            // its registry has its own bill; scanners read /var/lib/dpkg/status.d of the image
            part(component("container", "base:" + base.reference(), base.reference(), ""));
            return;
        }
        SortedMap<String, DebianPackage> packages = base.packages();
        Map<String, ObjectNode> owners = new HashMap<>();
        packages.forEach((name, one) -> {
            ObjectNode component = component("library", one.purl(), one.name(), one.version())
                    .put("publisher", one.maintainer())
                    .put("purl", one.purl());
            component.putArray("components");
            owners.put(name, component);
            part(component);
        });
        base.files().forEach((path, bytes) -> {
            ObjectNode file = file(Content.of(path, bytes));
            packages.values().stream()
                    .filter(one -> one.owns(path, bytes))
                    .findFirst()
                    .map(one -> owners.get(one.name()))
                    .ifPresentOrElse(owner -> owner.withArray("/components").add(file), () -> components.add(file));
        });
    }

    private ObjectNode document(Subject subject, JsonNode maven, Map<String, ObjectNode> libraries) {
        String image = subject.name() + ":" + subject.version();
        ObjectNode document = JSON.createObjectNode()
                .put("$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json")
                .put("bomFormat", "CycloneDX")
                .put("specVersion", "1.6")
                .put("serialNumber", "")
                .put("version", 1);
        ObjectNode metadata = document.putObject("metadata");
        metadata.put("timestamp", subject.created().toString());
        metadata.putArray("lifecycles").addObject().put("phase", "build");
        metadata.set(
                "component",
                component("container", image, subject.name(), subject.version())
                        .put("description", subject.description()));
        document.set("components", components);
        document.set("dependencies", dependencies(image, maven, libraries));
        String content = Content.digest("SHA-256", document.toString().getBytes(StandardCharsets.UTF_8));
        document.put("serialNumber", "urn:uuid:" + UUID.nameUUIDFromBytes(content.getBytes(StandardCharsets.US_ASCII)));
        return document;
    }

    /** Maven's graph, without what is not in the image; below the image, all its parts. */
    private ArrayNode dependencies(String image, JsonNode maven, Map<String, ObjectNode> libraries) {
        Set<String> present = new HashSet<>(parts);
        Set<String> jars = new HashSet<>();
        libraries.values().forEach(library -> jars.add(reference(library)));
        ArrayNode graph = JSON.createArrayNode();
        ArrayNode whole = graph.addObject().put("ref", image).putArray("dependsOn");
        String own = maven.path("metadata").path("component").path("bom-ref").asText();
        parts.stream().filter(part -> part.equals(own) || !jars.contains(part)).forEach(whole::add);
        for (JsonNode node : maven.path("dependencies")) {
            if (present.contains(node.path("ref").asText())) {
                ArrayNode on =
                        graph.addObject().put("ref", node.path("ref").asText()).putArray("dependsOn");
                node.path("dependsOn").forEach(other -> {
                    if (present.contains(other.asText())) {
                        on.add(other.asText());
                    }
                });
            }
        }
        return graph;
    }

    private void part(ObjectNode component) {
        if (!parts.contains(reference(component))) {
            parts.add(reference(component));
            components.add(component);
        }
    }

    private static String reference(ObjectNode component) {
        return component.path("bom-ref").asText();
    }

    private static ObjectNode component(String type, String reference, String name, String version) {
        ObjectNode component = JSON.createObjectNode();
        component.put("type", type).put("bom-ref", reference).put("name", name);
        return version.isEmpty() ? component : component.put("version", version);
    }

    private static ObjectNode file(Content file) {
        ObjectNode component = component("file", "file:" + file.path(), file.path(), "");
        component.set("hashes", hashes(file.sha256()));
        return component;
    }

    private static ArrayNode hashes(String sha256) {
        ArrayNode hashes = JSON.createArrayNode();
        hashes.addObject().put("alg", "SHA-256").put("content", sha256);
        return hashes;
    }
}
