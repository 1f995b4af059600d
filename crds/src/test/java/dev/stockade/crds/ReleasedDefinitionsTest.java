package dev.stockade.crds;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * What people have written for a release is accepted by every later one: no field of a released definition is gone, and none takes
 * less than it did. The released definitions lie in resources/released, taken from the sources in e2e/previous.
 */
class ReleasedDefinitionsTest {
    private static final String RELEASE = "0.1.0";

    static final List<String> NAMES = Definitions.NAMES;

    @ParameterizedTest
    @FieldSource("NAMES")
    void whatWasAcceptedIsAcceptedNow(String name) throws IOException {
        Object now = read(Definitions.yaml().get(Definitions.NAMES.indexOf(name)));

        assertThat(Narrowing.of(released(name), now)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {properties: {a: {type: string}}}        | {properties: {b: {type: string}}}         | a: gone
            {properties: {a: {type: string}}}        | {properties: {a: {type: integer}}}        | a.type: was string, is integer
            {properties: {a: {maxLength: 5}}}        | {properties: {a: {maxLength: 4}}}         | a.maxLength: was 5, is 4
            {properties: {a: {type: string}}}        | {properties: {a: {type: string, maxLength: 4}}} | a.maxLength: was null, is 4
            {properties: {a: {minimum: 1}}}          | {properties: {a: {minimum: 2}}}           | a.minimum: was 1, is 2
            {required: [a]}                          | {required: [a, b]}                        | .required: was [a], is [a, b]
            {items: {enum: [x, y]}}                  | {items: {enum: [x]}}                      | [].enum: was [x, y], is [x]
            {additionalProperties: {pattern: a*}}    | {additionalProperties: {pattern: b*}}     | {}.pattern: was a*, is b*
            {default: 1}                             | {default: 2}                              | .default: was 1, is 2
            {x-kubernetes-validations: [{rule: a}]}  | {x-kubernetes-validations: [{rule: a}, {rule: b}]} | .x-kubernetes-validations: new rule b
            """)
    void whatTakesLessIsFound(String released, String now, String narrowing) {
        assertThat(Narrowing.ofSchemas("", read(released), read(now))).contains(narrowing);
    }

    @Test
    void whatTakesMoreIsNone() {
        Object released = read("{required: [a], properties: {a: {type: string, maxLength: 4, enum: [x], minLength: 1,"
                + " x-kubernetes-validations: [{rule: a}], description: before}}}");
        Object now = read("{properties: {a: {type: string, maxLength: 5, enum: [x, y], description: after},"
                + " b: {type: string, maxLength: 1}}}");

        assertThat(Narrowing.ofSchemas("", released, now)).isEmpty();
    }

    private static Object read(String yaml) {
        return new Load(LoadSettings.builder().build()).loadFromString(yaml);
    }

    private static Object released(String name) throws IOException {
        String resource = "/released/%s/%s.yaml".formatted(RELEASE, name);
        try (InputStream in = Objects.requireNonNull(ReleasedDefinitionsTest.class.getResourceAsStream(resource))) {
            return read(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }
}
