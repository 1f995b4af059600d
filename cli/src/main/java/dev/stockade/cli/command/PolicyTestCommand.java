package dev.stockade.cli.command;

import static java.util.Objects.requireNonNull;

import dev.stockade.cli.ExitCodes;
import dev.stockade.cli.Surroundings;
import dev.stockade.cli.UnusableException;
import dev.stockade.cli.cases.CaseFile;
import dev.stockade.cli.cases.CaseReport;
import dev.stockade.cli.cases.CaseResult;
import dev.stockade.cli.manifest.ManifestReader;
import dev.stockade.cli.manifest.Manifests;
import dev.stockade.cli.manifest.SourceFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code policy test}: tables of cases. */
@Command(
        name = "test",
        mixinStandardHelpOptions = true,
        description = {"Checks tables of cases against policies in files, without a cluster.", ""},
        footer = {
            "",
            "A table:",
            "  policies: [mesh/*.yaml]          # files, folders or patterns, from the table's folder",
            "  cases:",
            "    - agent: agents/triage",
            "      server: tools/github",
            "      call: get_issue              # or read: URI, get: PROMPT, connect: true",
            "      args: {repo: acme/x}",
            "      expect: allow                # or deny, observe-deny",
            "      rule: allow[0]               # optional, as are policy, reason, message, shadow, name",
            "",
            "Exit codes: 0 every case passed, 1 a case failed, 2 a file or a case cannot be used."
        })
public final class PolicyTestCommand implements Callable<Integer> {
    private final Surroundings around;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "Tables of cases.")
    private List<String> files = List.of();

    @Option(names = "--junit", paramLabel = "FILE", description = "Write the results as JUnit's XML, too.")
    private @Nullable String junit;

    @Mixin
    private final OutputOption output = new OutputOption();

    public PolicyTestCommand(Surroundings around) {
        this.around = requireNonNull(around);
    }

    @Override
    public Integer call() throws UnusableException {
        List<CaseResult> results = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (String file : files) {
            try {
                results.addAll(results(file));
            } catch (UnusableException e) {
                problems.addAll(e.sentences());
            }
        }
        if (!problems.isEmpty()) {
            throw new UnusableException(problems);
        }
        CaseReport report = new CaseReport(results);
        if (output.isJson()) {
            OutputOption.print(around, report.json());
        } else {
            report.lines().forEach(around.out()::println);
        }
        if (junit != null) {
            write(around.folder().resolve(junit), report.junit());
        }
        if (report.unusable() > 0) {
            return ExitCodes.UNUSABLE;
        }
        return report.failed() > 0 ? ExitCodes.NO : ExitCodes.YES;
    }

    private List<CaseResult> results(String file) throws UnusableException {
        SourceFiles here = new SourceFiles(around.folder(), around.in());
        CaseFile table = CaseFile.read(file, here.text(file));
        Path folder = Optional.ofNullable(Path.of(file).getParent()).orElse(Path.of(""));
        Manifests manifests =
                ManifestReader.read(here.texts(beside(folder, table.policies()), false), table.namespace());
        return table.cases().stream()
                .map(one -> CaseResult.check(manifests, one))
                .toList();
    }

    /** The names as they are from the working directory, so that places in sentences can be opened. */
    private static List<String> beside(Path folder, List<String> names) {
        return names.stream()
                .map(name -> folder.resolve(name).normalize().toString())
                .toList();
    }

    private static void write(Path file, String text) throws UnusableException {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UnusableException(file + ": the results cannot be written there: " + e.getMessage());
        }
    }
}
