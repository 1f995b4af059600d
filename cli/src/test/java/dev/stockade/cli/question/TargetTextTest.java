package dev.stockade.cli.question;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.cli.UnusableException;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TargetTextTest {
    @ParameterizedTest
    @CsvSource({
        "CALL, github/get_issue, , github, get_issue",
        "CALL, tools/github/get_issue, , tools/github, get_issue",
        "CALL, tools/github, a/b/c, tools/github, a/b/c",
        "GET, github/hello, , github, hello",
        "READ, github/repo://acme/x, , github, repo://acme/x",
        "READ, tools/github/repo://acme/x/y, , tools/github, repo://acme/x/y",
        "READ, tools/github/urn:isbn:1, , tools/github, urn:isbn:1",
        "READ, github, repo://acme/x, github, repo://acme/x",
        "CONNECT, tools/github, , tools/github, ''",
    })
    void serverAndThingAreToldApart(Verb verb, String first, String second, String server, String thing)
            throws UnusableException {
        assertThat(TargetText.of(verb, first, Optional.ofNullable(second))).isEqualTo(new TargetText(server, thing));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CALL | get_issue | names no tool at a server",
                "CALL | github/ | names no tool at a server",
                "CALL | /get_issue | names no tool at a server",
                "CALL | a/b/c/d | has too many slashes to tell the server from the tool",
                "READ | github/acme/x | names no resource at a server",
                "READ | repo://acme/x | names no resource at a server",
            })
    void whatHasNoOneMeaningIsNotGuessed(Verb verb, String text, String sentence) {
        assertThatThrownBy(() -> TargetText.of(verb, text, Optional.empty()))
                .isInstanceOf(UnusableException.class)
                .hasMessageContaining(sentence);
    }
}
