package dev.stockade.e2e.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;

/** Each rule finds its counterexample, and nothing in an image that is as it should be. */
class ImageRulesTest {
    private static final String JAVA = "/opt/java/bin/java";
    private static final String CONFIGURATION = """
            {"config": {"User": "65532:65532", "Entrypoint": ["/opt/java/bin/java", "-cp", "x"], "Env": ["PATH=/usr/bin"]}}""";
    private static final String KEY = "-----BEGIN EC PRIVATE KEY-----\n" + "MHcCAQEEIabc".repeat(6) + "\n";
    private static final String TOKEN = "eyJ" + "hbGciOiJSUzI1NiI".repeat(2) + ".eyJ" + "zdWIiOiJzeXN0ZW0".repeat(2)
            + "." + "c2lnbmF0dXJl".repeat(3);

    static final List<Arguments> FILES = List.of(
            breach("a shell", layer -> layer.file("bin/sh", 0755, elf(3, 3)), "/bin/sh is a program"),
            breach(
                    "a shell at a fixed address",
                    layer -> layer.file("bin/ash", 0644, elf(2, 1)),
                    "/bin/ash is a program"),
            breach("a program of 32 bits", layer -> layer.file("bin/old", 0644, elf32()), "/bin/old is a program"),
            breach(
                    "a package manager",
                    layer -> layer.file("usr/bin/apt-get", 0755, elf(3, 3)),
                    "/usr/bin/apt-get is a program"),
            breach("a script", layer -> layer.file("entry", 0644, "#!/bin/sh\n"), "/entry is a script"),
            breach(
                    "something executable",
                    layer -> layer.file("opt/java/bin/keytool", 0100, "?"),
                    "keytool is executable"),
            breach(
                    "a second name of java",
                    layer -> layer.hardLink("opt/java/bin/java2", "opt/java/bin/java"),
                    "java2 is a program"),
            breach(
                    "setuid",
                    layer -> layer.file("usr/lib/libx.so", 04644, ""),
                    "/usr/lib/libx.so is setuid or setgid (mode 4644)"),
            breach("setgid on a folder", layer -> layer.folder("srv", 02755), "/srv is setuid or setgid"),
            breach(
                    "capabilities",
                    layer -> layer.file(
                            "usr/lib/liby.so",
                            0644,
                            new byte[0],
                            entry -> entry.addPaxHeader("SCHILY.xattr.security.capability", "x")),
                    "/usr/lib/liby.so gives capabilities"),
            breach(
                    "world-writable",
                    layer -> layer.file("etc/hosts", 0646, ""),
                    "/etc/hosts can be written by user 65532:65532"),
            breach("a folder for everybody", layer -> layer.folder("var/tmp", 01777), "/var/tmp can be written"),
            breach(
                    "owned by the user, who may make it writable",
                    layer -> layer.file("etc/mine", 0444, new byte[0], entry -> entry.setIds(65532, 0)),
                    "/etc/mine can be written"),
            breach(
                    "writable by the group",
                    layer -> layer.file("etc/ours", 0464, new byte[0], entry -> entry.setIds(0, 65532)),
                    "/etc/ours can be written"),
            breach(
                    "temporary files that are brought along",
                    layer -> layer.file("tmp/left", 0644, ""),
                    "/tmp can be written"),
            breach(
                    "a temporary folder where others' files can be replaced",
                    layer -> layer.folder("tmp", 0777),
                    "/tmp can be written"),
            breach("a device", layer -> layer.device("dev/mem"), "/dev/mem is a device"),
            breach(
                    "a class",
                    layer -> layer.file("app/classes/Main.class", 0644, "?"),
                    "Main.class is a class outside of any jar"),
            breach(
                    "a test",
                    layer -> layer.jar("app/libs/a.jar", "dev/stockade/model/SomeTest.class", "?"),
                    "SomeTest.class belongs to tests"),
            breach(
                    "a nested class of one",
                    layer -> layer.jar("app/libs/a.jar", "dev/stockade/operator/AnyIT$Row.class", "?"),
                    "belongs to tests"),
            breach(
                    "what tests share",
                    layer -> layer.jar("app/libs/a.jar", "dev/stockade/sidecar/fixture/Mesh.class", "?"),
                    "belongs to tests"),
            breach(
                    "a test's library",
                    layer -> layer.jar("app/libs/a.jar", "org/junit/jupiter/api/Test.class", "?"),
                    "belongs to tests"),
            breach(
                    "a jar of tests",
                    layer -> layer.jar("app/libs/x-1-tests.jar", "a", "?"),
                    "x-1-tests.jar is a jar of tests"),
            breach("a key", layer -> layer.file("etc/ca.pem", 0644, "x\n" + KEY), "/etc/ca.pem holds a private key"),
            breach(
                    "a key in a jar",
                    layer -> layer.jar("app/libs/a.jar", "ca.pem", KEY),
                    "/app/libs/a.jar!/ca.pem holds a private key"),
            breach(
                    "a key in a program",
                    layer -> layer.jar("app/libs/a.jar", "io/netty/handler/ssl/OpenSsl.class", KEY),
                    "/app/libs/a.jar!/io/netty/handler/ssl/OpenSsl.class holds a private key"),
            breach(
                    "a file of keys",
                    layer -> layer.file("etc/server.p12", 0644, "?"),
                    "/etc/server.p12 has a name that secrets have"),
            breach("a token", layer -> layer.file("etc/config", 0644, "token: " + TOKEN), "/etc/config holds a token"));

    static final List<Arguments> CONFIGURATIONS = List.of(
            Arguments.of("65532:65532", "", "user '' is not a number"),
            Arguments.of("65532:65532", "root", "user 'root' is not a number"),
            Arguments.of("65532:65532", "0:0", "user '0:0' is not a number"),
            Arguments.of("65532:65532", "65532:0", "user '65532:0' is not a number"),
            Arguments.of("/opt/java/bin/java\", \"-cp", "/bin/sh\", \"-c", "does not start /opt/java/bin/java"),
            Arguments.of("PATH=/usr/bin", "DB_PASSWORD=x", "the variable DB_PASSWORD has a name that secrets have"),
            Arguments.of("\"Env\"", "\"Cmd\": [\"x\"], \"Env\"", "the command [x] would be added"));

    @Test
    void nothingIsWrongWithAnImageAsItShouldBe() throws IOException {
        assertThat(objections(CONFIGURATION, layer -> layer)).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @FieldSource("FILES")
    void aFileThatShouldNotBeThereIsNamed(String what, UnaryOperator<Layer> breach, String said) throws IOException {
        List<String> objections = objections(CONFIGURATION, breach);

        assertThat(objections).singleElement().asString().contains(said);
    }

    @ParameterizedTest(name = "{1}")
    @FieldSource("CONFIGURATIONS")
    void aConfigurationThatShouldNotBeIsNamed(String right, String wrong, String said) throws IOException {
        List<String> objections = objections(CONFIGURATION.replace(right, wrong), layer -> layer);

        assertThat(objections).first().asString().contains(said);
    }

    @Test
    void anEntryPointThatIsNotThereIsNamed() throws IOException {
        Image image = ImageArchive.of(
                new ObjectMapper().readTree(CONFIGURATION),
                List.of(new Layer().folder("app", 0755).bytes()));

        assertThat(ImageRules.objections(image, JAVA))
                .containsExactly("/opt/java/bin/java is no program that everybody may run");
    }

    /** With what is in every image, and on it a layer of the test's. */
    private static List<String> objections(String configuration, UnaryOperator<Layer> more) throws IOException {
        Layer base = new Layer()
                .folder("tmp", 01777)
                .folder("etc", 0755)
                .link("bin", "usr/bin")
                .file("usr/lib/libc.so.6", 0755, elf(3, 3))
                .file(JAVA.substring(1), 0755, elf(3, 3))
                .file("opt/java/lib/security/cacerts", 0644, "-----BEGIN CERTIFICATE-----")
                .jar("app/libs/pem-1.0.jar", "org/x/LatestTest.class", "-----BEGIN PRIVATE KEY-----");
        Image image = ImageArchive.of(
                new ObjectMapper().readTree(configuration),
                List.of(base.bytes(), more.apply(new Layer()).bytes()));
        return ImageRules.objections(image, JAVA);
    }

    private static Arguments breach(String what, UnaryOperator<Layer> breach, String said) {
        return Arguments.of(what, breach, said);
    }

    /** The beginning of a program or library, with one entry in its table. */
    private static String elf(int type, int entry) {
        ByteBuffer bytes = ByteBuffer.allocate(64 + 56).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1});
        bytes.putShort(16, (short) type)
                .putLong(32, 64)
                .putShort(54, (short) 56)
                .putShort(56, (short) 1);
        bytes.putInt(64, entry);
        return new String(bytes.array(), StandardCharsets.ISO_8859_1);
    }

    private static String elf32() {
        byte[] bytes = new byte[64];
        System.arraycopy(new byte[] {0x7f, 'E', 'L', 'F', 1, 1, 1}, 0, bytes, 0, 7);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
