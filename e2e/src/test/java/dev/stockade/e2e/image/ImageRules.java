package dev.stockade.e2e.image;

import dev.stockade.e2e.image.ImageFile.Kind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** What an image of ours may be. Pure: an image in, a sentence for each breach out. */
public final class ImageRules {
    /** Where programs that were not given a folder of their own write; the chart mounts memory or disk there. */
    private static final String TEMPORARY = "/tmp";

    private static final int SPECIAL_BITS = 06000;
    private static final int STICKY = 01000;
    private static final Pattern NUMERIC = Pattern.compile("[1-9][0-9]{0,9}(:[1-9][0-9]{0,9})?");
    private static final Pattern SHARED_LIBRARY = Pattern.compile(".*\\.so(\\.[0-9.]+)?");

    /** With what a key is: readers of the format have the first line alone as a constant. */
    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----\\s+[A-Za-z0-9+/=\\s]{48}");

    /** Netty tries whether ciphers work with keys that stand in its sources, and certify nobody. */
    private static final Pattern PUBLISHED_KEY = Pattern.compile(
            "/app/libs/netty-handler-[0-9.]+\\.Final\\.jar!/io/netty/handler/ssl/(JdkSslServerContext|SslUtils|OpenSsl)\\.class");

    private static final Pattern TOKEN = Pattern.compile(
            "eyJ[A-Za-z0-9_-]{20,}\\.eyJ[A-Za-z0-9_-]{20,}\\.[A-Za-z0-9_-]{20,}|AKIA[A-Z0-9]{16}(?![A-Z0-9])");
    private static final Pattern KEPT_SECRET = Pattern.compile(
            ".*\\.(key|p12|pfx|jks|keystore|kubeconfig)|id_(rsa|dsa|ecdsa|ed25519)|\\.(netrc|npmrc|dockerconfigjson|git-credentials)|settings-security\\.xml");
    private static final Pattern SECRET_NAME =
            Pattern.compile("(?i)[^=]*(token|passw|secret|credential|private_?key)[^=]*=.+", Pattern.DOTALL);
    private static final Pattern TEST_CLASS = Pattern.compile(
            "(?:dev/stockade/.*(?:(?:Test|IT|E2E)(?:\\$.*)?\\.class|/fixture/.*)|(?:org/junit|org/assertj|org/mockito|org/awaitility|org/testcontainers|com/tngtech/archunit)/.*)");

    private ImageRules() {}

    /** What is wrong with an image whose one program is the given file; empty if nothing is. */
    public static List<String> objections(Image image, String program) {
        List<String> found = new ArrayList<>();
        if (!NUMERIC.matcher(image.user()).matches()) {
            found.add("user '%s' is not a number other than 0: Kubernetes cannot tell that it is not root"
                    .formatted(image.user()));
        }
        if (image.entrypoint().isEmpty() || !image.entrypoint().getFirst().equals(program)) {
            found.add("the entry point %s does not start %s".formatted(image.entrypoint(), program));
        }
        if (!image.command().isEmpty()) {
            found.add("the command %s would be added to the entry point".formatted(image.command()));
        }
        if (image.file(program)
                .filter(file -> file.isFile() && (file.mode() & 0111) == 0111)
                .isEmpty()) {
            found.add(program + " is no program that everybody may run");
        }
        for (String variable : image.environment()) {
            if (SECRET_NAME.matcher(variable).matches()) {
                found.add("the variable %s has a name that secrets have".formatted(variable.split("=", 2)[0]));
            }
        }
        for (ImageFile file : image.files().values()) {
            if (!file.path().equals(program)) {
                program(file)
                        .ifPresent(what -> found.add(
                                "%s is %s, and nothing but %s is to be run".formatted(file.path(), what, program)));
            }
            rights(image, file).ifPresent(found::add);
            contents(file, found);
        }
        return found;
    }

    /** What kind of program a file is, if it is one. The loader starts one that has no right to be executed as well. */
    private static Optional<String> program(ImageFile file) {
        if (!file.isFile() || SHARED_LIBRARY.matcher(file.name()).matches()) {
            return Optional.empty();
        }
        byte[] content = file.content();
        if (content.length > 2 && content[0] == '#' && content[1] == '!') {
            return Optional.of("a script");
        }
        if (ElfHeader.isProgram(content)) {
            return Optional.of("a program");
        }
        return (file.mode() & 0111) == 0 ? Optional.empty() : Optional.of("executable");
    }

    private static Optional<String> rights(Image image, ImageFile file) {
        if (file.kind() == Kind.LINK) {
            return Optional.empty();
        }
        if (file.kind() == Kind.SPECIAL) {
            return Optional.of(file.path() + " is a device or a pipe");
        }
        if ((file.mode() & SPECIAL_BITS) != 0) {
            return Optional.of("%s is setuid or setgid (mode %o)".formatted(file.path(), file.mode()));
        }
        if (file.capabilities()) {
            return Optional.of(file.path() + " gives capabilities to who runs it");
        }
        if (!writable(image.user(), file) || isTemporary(image, file)) {
            return Optional.empty();
        }
        return Optional.of("%s can be written by user %s (mode %o, owner %d:%d)"
                .formatted(file.path(), image.user(), file.mode(), file.uid(), file.gid()));
    }

    private static boolean writable(String user, ImageFile file) {
        String[] ids = user.split(":", 2);
        boolean owner = ids[0].equals(Long.toString(file.uid())); // who owns it may change its mode
        boolean group = ids.length > 1 && ids[1].equals(Long.toString(file.gid())) && (file.mode() & 0020) != 0;
        return owner || group || (file.mode() & 0002) != 0;
    }

    private static boolean isTemporary(Image image, ImageFile file) {
        return file.path().equals(TEMPORARY)
                && file.kind() == Kind.FOLDER
                && file.uid() == 0
                && (file.mode() & STICKY) != 0
                && image.files().values().stream().noneMatch(other -> other.isIn(TEMPORARY));
    }

    private static void contents(ImageFile file, List<String> found) {
        if (!file.isFile()) {
            return;
        }
        if (KEPT_SECRET.matcher(file.name()).matches()) {
            found.add(file.path() + " has a name that secrets have");
        }
        if (file.name().endsWith(".class")) {
            found.add(file.path() + " is a class outside of any jar");
        }
        secret(file.content()).ifPresent(what -> found.add("%s holds %s".formatted(file.path(), what)));
        if (!file.name().endsWith(".jar")) {
            return;
        }
        if (file.name().endsWith("-tests.jar")) {
            found.add(file.path() + " is a jar of tests");
        }
        try (ZipInputStream jar = new ZipInputStream(new ByteArrayInputStream(file.content()))) {
            for (ZipEntry entry = jar.getNextEntry(); entry != null; entry = jar.getNextEntry()) {
                String place = file.path() + "!/" + entry.getName();
                if (TEST_CLASS.matcher(entry.getName()).matches()) {
                    found.add(place + " belongs to tests");
                }
                if (PUBLISHED_KEY.matcher(place).matches()) {
                    continue;
                }
                secret(jar.readAllBytes()).ifPresent(what -> found.add("%s holds %s".formatted(place, what)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(file.path() + " is no jar", e);
        }
    }

    private static Optional<String> secret(byte[] content) {
        String text = new String(content, StandardCharsets.ISO_8859_1);
        if (text.contains("PRIVATE KEY-----") && PRIVATE_KEY.matcher(text).find()) {
            return Optional.of("a private key");
        }
        boolean maybe = text.contains("AKIA") || text.contains(".eyJ");
        return maybe && TOKEN.matcher(text).find() ? Optional.of("a token") : Optional.empty();
    }
}
