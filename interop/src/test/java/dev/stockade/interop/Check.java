package dev.stockade.interop;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;

/**
 * One thing that a program tried.
 *
 * @param name what
 * @param passed whether it went as it should
 * @param saw what the program saw, in JSON; compared as it is
 */
record Check(String name, boolean passed, String saw) {
    private static final ObjectMapper JSON = new ObjectMapper();

    Check {
        requireNonNull(name);
        requireNonNull(saw);
    }

    /** Those that a program of ours printed, one a line; other lines are not looked at. */
    static List<Check> printed(String output) {
        return output.lines()
                .filter(line -> line.startsWith("{\"check\":"))
                .map(Check::of)
                .toList();
    }

    private static Check of(String line) {
        try {
            JsonNode read = JSON.readTree(line);
            return new Check(
                    read.get("check").asText(),
                    read.get("passed").asBoolean(),
                    read.get("saw").toString());
        } catch (JsonProcessingException e) {
            throw new AssertionError("a program printed " + line, e);
        }
    }
}
