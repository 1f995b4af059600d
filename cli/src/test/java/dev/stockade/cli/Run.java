package dev.stockade.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;

/** One command that was run, as {@code main} runs it. */
public record Run(int code, String out, String err) {
    public static Run in(Path folder, String... arguments) {
        return with("", folder, arguments);
    }

    public static Run with(String standardInput, Path folder, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = KubectlStockade.run(
                new Surroundings(
                        new ByteArrayInputStream(standardInput.getBytes(UTF_8)),
                        new PrintWriter(out),
                        new PrintWriter(err),
                        folder),
                arguments);
        return new Run(code, out.toString(), err.toString());
    }
}
