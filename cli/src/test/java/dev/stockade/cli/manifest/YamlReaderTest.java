package dev.stockade.cli.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.cli.UnusableException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class YamlReaderTest {
    @Test
    void everyValueHasItsPlace() throws UnusableException {
        YamlDocument document = YamlReader.read("a.yaml", """
                # a comment
                spec:
                  allow:
                    - tools: [a, b]
                """).getFirst();

        assertThat(document.at("spec.allow[0].tools[1]")).isEqualTo(new Place("a.yaml", 4, 18));
        assertThat(document.at("spec.allow[0].tools[1].x")).hasToString("a.yaml:4:18");
        assertThat(document.at("spec.deny")).hasToString("a.yaml:3:3");
        assertThat(document.at("nothing")).hasToString("a.yaml:2:1");
    }

    @Test
    void documentsThatAreEmptyAreNone() throws UnusableException {
        assertThat(YamlReader.read("a", "---\n# nothing\n---\na: 1\n---\n")).hasSize(1);
        assertThat(YamlReader.read("a", "")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a: 1 | {\"a\":1}",
                "a: -1.50 | {\"a\":-1.50}",
                "a: true | {\"a\":true}",
                "a: ~ | {\"a\":null}",
                "a: 5m | {\"a\":\"5m\"}",
                "a: 'yes' | {\"a\":\"yes\"}",
                "a: \"010\" | {\"a\":\"010\"}",
                "a: 2026-01-01 | {\"a\":\"2026-01-01\"}",
                "a: &x [1]NLb: *x | {\"a\":[1],\"b\":[1]}",
                "a: &x {b: 1, c: 2}NLd: {<<: *x, b: 3} | {\"a\":{\"b\":1,\"c\":2},\"d\":{\"b\":3,\"c\":2}}",
            })
    void valuesAreReadAsKubectlReadsThem(String yaml, String json) throws UnusableException {
        assertThat(YamlReader.read("a", yaml.replace("NL", "\n"))
                        .getFirst()
                        .root()
                        .toString())
                .isEqualTo(json.replace(" ", ""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a: yes",
                "a: Off",
                "a: y",
                "on: 1",
                "a: 010",
                "a: 0x1F",
                "a: 0o17",
                "a: 1_000",
                "a: .5",
                "a: +1",
                "a: .inf",
                "a: {a: 1, a: 2}",
                "1: a",
                "true: a",
                "? [a]\n: b",
                "a: !!binary aGk=",
                "a: !mine x",
                "a: &a [*a]",
            })
    void whatIsReadDifferentlyElsewhereIsRefusedWithItsPlace(String yaml) {
        assertThatThrownBy(() -> YamlReader.read("a.yaml", yaml))
                .isInstanceOf(UnusableException.class)
                .hasMessageStartingWith("a.yaml:1:");
    }

    @Test
    void whatIsNoYamlIsRefusedWithItsPlace() {
        assertThatThrownBy(() -> YamlReader.read("a.yaml", "a: b\nc: [\n"))
                .isInstanceOfSatisfying(
                        UnusableException.class,
                        e -> assertThat(e.sentences())
                                .singleElement()
                                .asString()
                                .startsWith("a.yaml:3:1: this is not YAML: "));
    }

    @Test
    void aliasesThatGrowWithoutEndAreRefused() {
        StringBuilder yaml = new StringBuilder("a0: &a0 [x, x]\n");
        for (int i = 1; i < 40; i++) {
            yaml.append("a" + i + ": &a" + i + " [*a" + (i - 1) + ", *a" + (i - 1) + "]\n");
        }

        assertThatThrownBy(() -> YamlReader.read("a.yaml", yaml.toString())).isInstanceOf(UnusableException.class);
    }
}
