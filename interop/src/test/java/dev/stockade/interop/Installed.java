package dev.stockade.interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.stockade.interop.Program.Command;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * What comes from registries, exactly as the lock files below {@code src/test/programs} name it. It is fetched once by the
 * registries' own clients and kept below {@code ~/.cache}, in a folder that goes by the hash of its lock file.
 */
final class Installed {
    private static final Path PROGRAMS = Path.of("src", "test", "programs").toAbsolutePath();
    private static final Duration FETCHING = Duration.ofMinutes(10);

    private static final boolean ARM = System.getProperty("os.arch").equals("aarch64");

    private static Optional<Path> node = Optional.empty();

    private Installed() {}

    /** A folder with the programs in JavaScript and, beside them, the packages that they import. */
    static synchronized Path node() {
        if (node.isEmpty()) {
            node = Optional.of(nodeFolder());
        }
        return node.get();
    }

    /** Node.js 22 with a program, by its path from {@link #node()}. */
    static Command nodeProgram(String file) {
        return new Command(node(), nodeBinary().toString(), file).with("NO_COLOR", "1");
    }

    /** The path of Node.js 22. */
    static Path nodeBinary() {
        return node().resolve("node_modules/node-linux-" + (ARM ? "arm64" : "x64") + "/bin/node");
    }

    /** The path of kubernetes-mcp-server, which npm brings, too. */
    static Path kubernetesServer() {
        String name = "kubernetes-mcp-server-linux-" + (ARM ? "arm64" : "amd64");
        return node().resolve("node_modules/" + name + "/bin/" + name);
    }

    private static Path nodeFolder() {
        Path sources = PROGRAMS.resolve("node");
        Path packages = once("node", List.of(sources.resolve("package-lock.json")), folder -> {
            copy(sources.resolve("package.json"), folder);
            copy(sources.resolve("package-lock.json"), folder);
            Program.run(
                    "npm ci",
                    new Command(
                            folder,
                            command("npm", "npm (the Debian package npm)"),
                            "ci",
                            "--ignore-scripts",
                            "--no-audit",
                            "--no-fund",
                            "--loglevel=error"),
                    FETCHING);
        });
        Path folder = Program.OUTPUT.resolve("node");
        try {
            Files.createDirectories(folder);
            Path link = folder.resolve("node_modules");
            Files.deleteIfExists(link);
            Files.createSymbolicLink(link, packages.resolve("node_modules"));
            try (Stream<Path> files = Files.list(sources)) {
                files.filter(Files::isRegularFile).forEach(file -> copy(file, folder));
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return folder;
    }

    /** Python with a program, by its name, and with the packages that it imports. */
    static Command pythonProgram(String file) {
        Path sources = PROGRAMS.resolve("python");
        Path requirements = sources.resolve("requirements.txt");
        Path folder = once("python", List.of(requirements), made -> {
            Program.run(
                    "python -m venv",
                    new Command(
                            made,
                            command("python3", "Python 3.10 or later (the Debian packages python3 and python3-venv)"),
                            "-m",
                            "venv",
                            "venv"),
                    FETCHING);
            Program.run(
                    "pip install",
                    new Command(
                            made,
                            made.resolve("venv/bin/python").toString(),
                            "-m",
                            "pip",
                            "install",
                            "--quiet",
                            "--disable-pip-version-check",
                            "--no-deps",
                            "--requirement",
                            requirements.toString()),
                    FETCHING);
        });
        return new Command(
                sources,
                folder.resolve("venv/bin/python").toString(),
                "-B",
                sources.resolve(file).toString());
    }

    /** The program in Go. */
    static Command goProgram() {
        Path sources = PROGRAMS.resolve("go");
        Path folder = once(
                "go",
                List.of(sources.resolve("go.mod"), sources.resolve("go.sum"), sources.resolve("main.go")),
                made -> Program.run(
                        "go build",
                        new Command(
                                        sources,
                                        command("go", "Go 1.26 (https://go.dev/dl)"),
                                        "build",
                                        "-trimpath",
                                        "-o",
                                        made.resolve("features").toString(),
                                        ".")
                                .with("CGO_ENABLED", "0")
                                .with("GOFLAGS", "-mod=readonly"),
                        FETCHING));
        return new Command(sources, folder.resolve("features").toString());
    }

    /** A program of ours in Java, in a process of its own. */
    static Command javaProgram(Class<?> main) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new Command(
                Path.of("").toAbsolutePath(),
                java,
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName());
    }

    /** Makes the folder that goes by the hash of these files, unless it is there. */
    private static Path once(String kind, List<Path> lockFiles, Consumer<Path> make) {
        Path cache = Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                .map(Path::of)
                .orElse(Path.of(System.getProperty("user.home"), ".cache"))
                .resolve("stockade/interop");
        try {
            Files.createDirectories(cache);
            Path folder = cache.resolve(kind + "-" + hash(lockFiles));
            try (FileChannel file = FileChannel.open(
                            cache.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = file.lock()) {
                Path complete = folder.resolve("complete");
                if (!Files.exists(complete)) {
                    System.out.printf("interop: fetching what %s pins%n", lockFiles.getFirst());
                    Files.createDirectories(folder);
                    make.accept(folder);
                    Files.createFile(complete);
                }
                lock.release();
            }
            return folder;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String hash(List<Path> files) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Path file : files) {
                digest.update(file.getFileName().toString().getBytes(UTF_8));
                digest.update(Files.readAllBytes(file));
            }
            return HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void copy(Path file, Path into) {
        try {
            Files.copy(file, into.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The path of a command that the machine has to have. */
    static String command(String name, String what) {
        String path = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/local/go/bin";
        return Stream.of(path.split(File.pathSeparator))
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst()
                .map(Path::toString)
                .orElseThrow(() -> new AssertionError("'" + name + "' is not on PATH. Install " + what
                        + ", or run 'make test', which does that on Debian."));
    }
}
