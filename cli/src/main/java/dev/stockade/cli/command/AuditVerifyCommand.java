package dev.stockade.cli.command;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.stockade.cli.ExitCodes;
import dev.stockade.cli.Surroundings;
import dev.stockade.cli.UnusableException;
import dev.stockade.model.audit.ChainReport;
import dev.stockade.model.audit.ChainReport.Chain;
import dev.stockade.model.audit.ChainVerifier;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code audit verify}: whether a log is whole. */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description = {
            "Checks that no audit line was removed, changed or moved.",
            "",
            "Other log lines may stand between them, lines of several pods and processes may be mixed, and kubectl's or a"
                    + " collector's prefix may stand before them. A chain vouches for every line but its last: what was"
                    + " cut off at the end does not show.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  kubectl -n tools logs deploy/github -c stockade-sidecar | kubectl stockade audit verify",
            "  kubectl -n tools logs -l app=github -c stockade-sidecar --prefix --tail=-1 | kubectl stockade audit verify -o json",
            "",
            "Exit codes: 0 unbroken, 1 something was removed, changed or moved, 2 the log cannot be read or has no audit line."
        })
public final class AuditVerifyCommand implements Callable<Integer> {
    /** Of one line; the longest that a sidecar writes is far below. */
    private static final int LONGEST_LINE = 16 * 1024 * 1024;

    private final Surroundings around;

    @Parameters(
            arity = "0..1",
            paramLabel = "FILE|-",
            defaultValue = "-",
            description = "The log; default: standard input.")
    private String file = "-";

    @Option(names = "--from-start", description = "Demand every process's lines from its first one on.")
    private boolean fromStart;

    @Mixin
    private final OutputOption output = new OutputOption();

    public AuditVerifyCommand(Surroundings around) {
        this.around = requireNonNull(around);
    }

    @Override
    public Integer call() throws UnusableException {
        ChainReport report = verified();
        if (report.chains().isEmpty() && report.faults().isEmpty()) {
            throw new UnusableException(named() + ": there is no audit line among " + report.lines()
                    + " lines. Is it the log of the container stockade-sidecar, or of the operator?");
        }
        boolean whole =
                report.unbroken() && (!fromStart || report.chains().stream().allMatch(c -> c.firstSeq() == 1));
        if (output.isJson()) {
            OutputOption.print(around, json(report, whole));
        } else {
            print(report, whole);
        }
        return whole ? ExitCodes.YES : ExitCodes.NO;
    }

    private String named() {
        return file.equals("-") ? "stdin" : file;
    }

    private ChainReport verified() throws UnusableException {
        try (InputStream in = new BufferedInputStream(
                file.equals("-")
                        ? around.in()
                        : Files.newInputStream(around.folder().resolve(file)),
                1 << 16)) {
            ChainVerifier verifier = new ChainVerifier();
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int b = in.read(); b >= 0; b = in.read()) {
                if (b != '\n') {
                    line.write(b);
                } else {
                    verifier.accept(line.toByteArray());
                    line.reset();
                }
                if (line.size() > LONGEST_LINE) {
                    throw new UnusableException(named() + ": a line is longer than 16 MiB; this is no log.");
                }
            }
            if (line.size() > 0) {
                verifier.accept(line.toByteArray());
            }
            return verifier.report();
        } catch (NoSuchFileException e) {
            throw new UnusableException(file + ": there is no such file.");
        } catch (IOException | IllegalArgumentException e) {
            throw new UnusableException(named() + ": the log cannot be read: " + e.getMessage());
        }
    }

    private void print(ChainReport report, boolean whole) {
        for (Chain chain : report.chains()) {
            around.out()
                    .println("boot " + chain.boot() + (chain.prefix().isEmpty() ? "" : " (" + chain.prefix() + ")")
                            + ": numbers " + chain.firstSeq() + " to " + chain.lastSeq() + ", lines "
                            + chain.firstLine() + " to " + chain.lastLine()
                            + (chain.firstSeq() == 1
                                    ? ""
                                    : "; what is before number " + chain.firstSeq() + " is not in this log"));
        }
        report.faults().forEach(fault -> around.out().println(named() + ":" + fault.line() + ": " + fault.sentence()));
        if (report.untold() > 0) {
            around.out().println("and " + report.untold() + " more");
        }
        long lines = report.lines() - report.others();
        long faults = report.faults().size() + report.untold();
        around.out()
                .println((whole ? "unbroken: " : "BROKEN: ") + lines + " audit lines of "
                        + report.chains().size()
                        + (report.chains().size() == 1 ? " process" : " processes") + ", "
                        + (faults == 1 ? "1 fault" : faults + " faults"));
    }

    private static ObjectNode json(ChainReport report, boolean whole) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("unbroken", whole);
        json.put("lines", report.lines());
        json.put("auditLines", report.lines() - report.others());
        var chains = json.putArray("chains");
        for (Chain chain : report.chains()) {
            ObjectNode one = chains.addObject();
            one.put("boot", chain.boot());
            if (!chain.prefix().isEmpty()) {
                one.put("prefix", chain.prefix());
            }
            one.put("lines", chain.lines());
            one.put("firstSeq", chain.firstSeq()).put("lastSeq", chain.lastSeq());
            one.put("firstLine", chain.firstLine()).put("lastLine", chain.lastLine());
        }
        var faults = json.putArray("faults");
        report.faults()
                .forEach(fault -> faults.addObject()
                        .put("kind", fault.kind().word())
                        .put("line", fault.line())
                        .put("boot", fault.boot())
                        .put("seq", fault.seq())
                        .put("sentence", fault.sentence()));
        json.put("untold", report.untold());
        return json;
    }
}
