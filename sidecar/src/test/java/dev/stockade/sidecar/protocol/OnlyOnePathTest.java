package dev.stockade.sidecar.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.sidecar.fixture.WireAnswer;
import dev.stockade.sidecar.fixture.WirePair;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A path is compared as it came: what a server could take for the configured one is another one here. */
class OnlyOnePathTest extends OverTheWire {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/mcp/",
                "//mcp",
                "/MCP",
                "/mcp?x",
                "/mcp?",
                "/mcp#",
                "/mcp#x",
                "/mcp;x=1",
                "/mcp.",
                "/mcp%20",
                "/%6dcp",
                "/mcp%2f",
                "/mcp%00",
                "/./mcp",
                "/x/../mcp",
                "/mcp/../mcp",
                "/mcp/..",
                "\\mcp",
                "/mcp\\",
                "mcp",
                "/",
                "*",
                "http://github.tools/mcp",
                "HTTP://localhost:3000/mcp",
                "http:/mcp",
                "//localhost/mcp",
                "localhost:3000",
                "/metrics",
                "/tools/github"
            })
    void anotherPathIsNotServed(String path) {
        WireAnswer answer = refused(WirePair.post(echo(1)).replace("/mcp ", path + " "), 404, "unknown_path");

        assertThat(json(answer.body()).at("/error/message").asText())
                .isEqualTo("this server is at the path /mcp and no other");
        assertThat(json(answer.body()).at("/error/code").asInt()).isEqualTo(-31400);
    }

    /** The agent's own sidecar knows each server by one path too. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/tools/github/",
                "/tools//github",
                "//tools/github",
                "/tools/github?x",
                "/tools/github#",
                "/tools/GitHub",
                "/tools/%67ithub",
                "/x/../tools/github",
                "/tools/github/mcp",
                "/mcp",
                "http://127.0.0.1/tools/github"
            })
    void anotherPathLeadsNowhereInTheAgentsPod(String path) throws Exception {
        String bytes = pair.localPost(echo(1)).replace(WirePair.LOCAL_PATH + " ", path + " ");

        assertThat(pair.programmed(bytes).status()).isEqualTo(404);
        assertThat(seenByTheServer()).isEmpty();
    }

    @Test
    void theServerIsAskedForTheConfiguredPathWhateverTheAgentCallsIt() throws Exception {
        assertThat(pair.programmed(pair.localPost(echo(1))).status()).isEqualTo(200);

        assertThat(pair.server().received())
                .singleElement()
                .satisfies(request -> assertThat(request.head()).startsWith("POST /mcp HTTP/1.1\r\n"));
    }

    /** Headers by which some servers are told another path or method than the request line's. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-Original-URL",
                "X-Original-URI",
                "X-Rewrite-URL",
                "X-HTTP-Method-Override",
                "X-HTTP-Method",
                "X-Method-Override",
                "X-Forwarded-Prefix",
                "X-Forwarded-Path",
                "X-Original-Method"
            })
    void noHeaderLeadsTheServerElsewhere(String name) {
        pair.tunnelled(WirePair.post(echo(1), name + ": /admin"));

        assertThat(pair.server().received().getFirst().fields(name)).isEmpty();
    }
}
