package dev.stockade.sbom;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * A Debian package of a base image, from what the image says about itself in {@code /var/lib/dpkg/status.d}.
 *
 * @param release of Debian, as in {@code debian-12}; empty if the image does not say
 * @param files the digests (MD5, as Debian has them) of its files
 */
record DebianPackage(
        String name, String version, String architecture, String maintainer, String release, Set<String> files) {

    /** Reads the two files that there are for a package, and the image's {@code os-release}. */
    static DebianPackage parse(String control, String md5sums, String osRelease) {
        Map<String, String> fields = pairs(control, ":");
        String name = field(fields, "Package");
        Set<String> files = new HashSet<>();
        for (String line : md5sums.lines().toList()) {
            String[] parts = line.split("\\s+", 2);
            if (parts.length == 2) {
                files.add("/" + parts[1] + " " + parts[0]);
            }
        }
        Map<String, String> system = pairs(osRelease.replace("\"", ""), "=");
        String release = system.containsKey("ID") && system.containsKey("VERSION_ID")
                ? system.get("ID") + "-" + system.get("VERSION_ID")
                : "";
        return new DebianPackage(
                name,
                field(fields, "Version"),
                field(fields, "Architecture"),
                fields.getOrDefault("Maintainer", ""),
                release,
                Set.copyOf(files));
    }

    /** Whether it brought the file, unchanged. Packages name in {@code /lib} what systems of today have in {@code /usr/lib}. */
    boolean owns(String path, byte[] bytes) {
        String digest = " " + Content.digest("MD5", bytes);
        return files.contains(path + digest)
                || (path.startsWith("/usr/") && files.contains(path.substring("/usr".length()) + digest));
    }

    /** Its package URL. */
    String purl() {
        String distribution = release.isEmpty() ? "" : "&distro=" + release;
        String vendor = release.isEmpty() ? "debian" : release.substring(0, release.lastIndexOf('-'));
        return "pkg:deb/%s/%s@%s?arch=%s%s"
                .formatted(vendor, encoded(name), encoded(version), architecture, distribution);
    }

    private static String encoded(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8);
    }

    private static String field(Map<String, String> fields, String name) {
        String value = fields.get(name);
        if (value == null) {
            throw new IllegalArgumentException("a package in /var/lib/dpkg/status.d has no field " + name);
        }
        return value;
    }

    private static Map<String, String> pairs(String text, String separator) {
        Map<String, String> pairs = new HashMap<>();
        for (String line : text.lines().toList()) {
            int at = line.indexOf(separator);
            if (at > 0 && !line.startsWith(" ")) {
                pairs.put(line.substring(0, at).strip(), line.substring(at + 1).strip());
            }
        }
        return pairs;
    }
}
