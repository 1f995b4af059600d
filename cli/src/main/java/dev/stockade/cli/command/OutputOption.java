package dev.stockade.cli.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.stockade.cli.Surroundings;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code -o}: how a result is written. */
final class OutputOption {
    /** The forms that every command has. */
    enum Form {
        TEXT,
        JSON
    }

    @Option(
            names = {"-o", "--output"},
            paramLabel = "text|json",
            completionCandidates = Candidates.class,
            converter = Reading.class,
            description = "How to write the result: text (default) or json.")
    private Form form = Form.TEXT;

    boolean isJson() {
        return form == Form.JSON;
    }

    static void print(Surroundings around, JsonNode json) {
        try {
            var printer = new DefaultPrettyPrinter();
            printer.indentArraysWith(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE);
            around.out().println(new JsonMapper().writer(printer).writeValueAsString(json));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a result could not be written as JSON", e);
        }
    }

    /** The words of {@link Form}. */
    static final class Candidates implements Iterable<String> {
        @Override
        public java.util.Iterator<String> iterator() {
            return java.util.List.of("text", "json").iterator();
        }
    }

    /** A word of {@link Form}, in lower case. */
    static final class Reading implements ITypeConverter<Form> {
        @Override
        public Form convert(String word) {
            for (Form one : Form.values()) {
                if (one.name().toLowerCase(Locale.ROOT).equals(word)) {
                    return one;
                }
            }
            throw new TypeConversionException("'" + word + "' is no form of output; take text or json");
        }
    }
}
