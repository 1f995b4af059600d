package dev.stockade.model.mcp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerScannerTest {
    /** In pieces of every size, so that no piece's end matters. */
    private static AnswerScanner scan(String message) {
        return scan(message.getBytes(UTF_8));
    }

    private static AnswerScanner scan(byte[] bytes) {
        AnswerScanner whole = new AnswerScanner();
        whole.feed(bytes, 0, bytes.length);
        for (int size = 1; size < 8; size++) {
            AnswerScanner pieces = new AnswerScanner();
            for (int i = 0; i < bytes.length; i += size) {
                pieces.feed(bytes, i, Math.min(bytes.length, i + size));
            }
            assertThat(pieces.fault()).isEqualTo(whole.fault());
            assertThat(pieces.complete()).isEqualTo(whole.complete());
            assertThat(pieces.form()).isEqualTo(whole.form());
            assertThat(pieces.method()).isEqualTo(whole.method());
            assertThat(pieces.id()).isEqualTo(whole.id());
            assertThat(pieces.inputMethods()).isEqualTo(whole.inputMethods());
            assertThat(pieces.listChanged()).isEqualTo(whole.listChanged());
        }
        return whole;
    }

    @Test
    void aResultIsKnownWithWhatItReports() {
        AnswerScanner scanner =
                scan("{\"result\":{\"content\":[{\"isError\":false,\"text\":\"}\\\"{\"}],\"isError\":true},"
                        + "\"jsonrpc\":\"2.0\",\"id\":\"a\\u0062\"}\n");

        assertThat(scanner.complete()).isTrue();
        assertThat(scanner.form()).isEqualTo(AnswerScanner.Form.RESPONSE);
        assertThat(scanner.id()).contains(new RequestId("\"a\\u0062\"", true, "ab"));
        assertThat(scanner.isToolError()).isTrue();
        assertThat(scanner.isError()).isFalse();
        assertThat(scanner.hasList()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"id\":0,\"result\":{\"capabilities\":{\"tools\":{\"listChanged\":true},\"resources\":{\"subscribe\":true,"
                        + "\"listChanged\":true},\"prompts\":{\"listChanged\":false}}}} | TOOL RESOURCE",
                "{\"id\":0,\"result\":{\"capabilities\":{\"prompts\":{\"listChanged\":true},\"tools\":{}}}} | PROMPT",
                "{\"id\":0,\"result\":{\"capabilities\":{\"tools\":{\"listChanged\":\"true\"}}}} |",
                "{\"id\":0,\"result\":{\"capabilities\":{\"tools\":[true],\"logging\":{\"listChanged\":true}}}} |",
                "{\"id\":0,\"result\":{\"capabilities\":{\"tools\":{\"x\":{\"listChanged\":true}}}}} |",
                "{\"id\":0,\"result\":{\"x\":{\"capabilities\":{\"tools\":{\"listChanged\":true}}}}} |",
                "{\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{\"notifications\":"
                        + "{\"toolsListChanged\":true,\"promptsListChanged\":false,\"resourcesListChanged\":true}}} | TOOL RESOURCE",
                "{\"method\":\"x\",\"params\":{\"notifications\":{\"xListChanged\":true,\"ListChanged\":true,\"tools\":true}}} |",
            })
    void whatAServerTellsOfChangedListsIsKnown(String message, @Nullable String kinds) {
        AnswerScanner scanner = scan(message);

        assertThat(scanner.complete()).isTrue();
        assertThat(scanner.listChanged().stream().map(Enum::name).collect(Collectors.joining(" ")))
                .isEqualTo(kinds == null ? "" : kinds);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"id\":1,\"result\":{\"content\":[{\"text\":\"x\"},{\"uri\":\"no:x\",\"type\":\"resource_link\"}]}} | true",
                "{\"id\":1,\"result\":{\"content\":[{\"resource\":{\"text\":\"s\",\"\\u0075ri\":\"n\\u006f:x\"}}]}} | true",
                "{\"id\":1,\"result\":{\"messages\":[{\"content\":{\"resource\":{\"uri\":\"no:x\"}}}]}} | true",
                "{\"id\":1,\"result\":{\"messages\":[{},{\"content\":[{},{\"resource\":{\"uri\":\"no:x\"}}]}]}} | true",
                "{\"id\":1,\"result\":{\"content\":[{\"resource\":{\"uri\":\"ok:x\"}}],\"uri\":\"no:x\"}} | false",
                "{\"id\":1,\"result\":{\"contents\":[{\"uri\":\"no:x\"}],\"structuredContent\":{\"content\":[{\"uri\":\"no:x\"}]}}} | false",
            })
    void aResourceThatIsHiddenIsSeenInAResult(String message, boolean hides) {
        byte[] bytes = message.getBytes(UTF_8);
        for (int size = 1; size < 40; size++) {
            AnswerScanner scanner = new AnswerScanner();
            scanner.watch(uri -> uri.startsWith("no:"));
            for (int i = 0; i < bytes.length; i += size) {
                scanner.feed(bytes, i, Math.min(bytes.length, i + size));
            }
            assertThat(scanner.complete()).isTrue();
            assertThat(scanner.hidesResource()).isEqualTo(hides);
        }
    }

    @Test
    void aRequestIsKnownWhereverItsMethodStands() {
        AnswerScanner scanner = scan(
                "{\"params\":{\"method\":\"x\",\"uri\":\"a:b\"},\"id\":1,\"m\\u0065thod\":\"sampling\\/createMessage\"}");

        assertThat(scanner.form()).isEqualTo(AnswerScanner.Form.REQUEST);
        assertThat(scanner.method()).isEqualTo("sampling/createMessage");
        assertThat(scanner.uri()).isEqualTo("a:b");
    }

    @Test
    void inputRequestsAreFoundInAResultAndNowhereElse() {
        AnswerScanner asks = scan(
                "{\"id\":1,\"result\":{\"resultType\":\"input_required\",\"inputRequests\":{"
                        + "\"a\":{\"params\":{\"method\":\"x\"},\"method\":\"elicitation/create\"},\"b\":{\"method\":\"roots/list\"}}}}");
        AnswerScanner tells =
                scan("{\"id\":1,\"result\":{\"structuredContent\":{\"inputRequests\":{\"a\":{\"method\":\"x\"}}}}}");

        assertThat(asks.inputMethods()).containsExactly("elicitation/create", "roots/list");
        assertThat(asks.inputRequests()).isEqualTo(2);
        assertThat(tells.inputRequests()).isZero();
    }

    @Test
    void listsAreSeen() {
        assertThat(scan("{\"id\":1,\"result\":{\"tools\":[]}}").hasList()).isTrue();
        assertThat(scan("{\"id\":1,\"result\":{\"x\":{\"tools\":[]}}}").hasList())
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[{\"id\":1}]",
                "{\"id\":1,\"method\":\"a\",\"method\":\"b\"}",
                "{\"id\":1,\"Method\":\"a\"}",
                "{\"id\":1,\"result\":{}}{\"id\":2}",
                "\ufeff{\"id\":1}",
                "{\u0000\"id\":1}",
                "{method:\"a\"}",
                "{'method':\"a\"}",
                "{/**/\"id\":1}",
                "{\"id\":1,\"result\":{\"InputRequests\":{}}}",
                "{\"id\":1,\"result\":{\"tools\":[],\"Tools\":[]}}",
                "{\"id\":1,\"result\":{\"TOOLS\":[]}}",
                "{\"id\":1,\"result\":{\"re\u017fources\":[]}}",
                "{\"id\":1,\"result\":{\"resourcetemplates\":[]}}",
                "{\"id\":1,\"result\":{\"prompts\":[],\"prompts\":[]}}",
                "{\"id\":1,\"result\":{\"isError\":false,\"iserror\":true}}",
                "{\"id\":1,\"result\":{\"inputRequests\":[]}}",
                "{\"id\":1,\"result\":{\"inputRequests\":{\"a\":{\"Method\":\"b\"}}}}",
                "{\"id\":[1],\"method\":\"a\"}",
                "{\"method\":\"a\",\"params\":{\"uri\":\"a:1\",\"uri\":\"a:2\"}}",
                "{\"method\":\"a\",\"params\":{\"uri\":\"a:1\",\"URI\":\"a:2\"}}",
                "{\"id\":1]",
                "<html>"
            })
    void whatAReceiverMightReadOtherwiseIsAFault(String message) {
        assertThat(scan(message).fault()).isNotEmpty();
    }

    /** Overlong forms, which Jackson reads as an e and a dot. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"id\":1,\"m\u00c1\u00a5thod\":\"sampling/createMessage\"}",
                "{\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":\"repo://a/\u00c0\u00ae\u00c0\u00ae/b\"}}",
            })
    void textThatIsNotUtf8IsAFaultWhereItMatters(String message) {
        assertThat(scan(message.getBytes(ISO_8859_1)).fault()).contains("UTF-8");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"message\":\"not found\"} | NEITHER",
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"} | NOTIFICATION",
                "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{}} | RESPONSE",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",\"result\":{}} | NEITHER",
            })
    void theFormIsKnown(String message, AnswerScanner.Form form) {
        assertThat(scan(message).form()).isEqualTo(form);
        assertThat(scan(message).complete()).isTrue();
    }

    @Test
    void deepAndLongMessagesPass() {
        String deep = "{\"id\":1,\"result\":{\"x\":" + "[{\"a\":".repeat(500) + "1" + "}]".repeat(500)
                + ",\"isError\":true}}";
        AnswerScanner scanner = new AnswerScanner();
        byte[] bytes = deep.getBytes(UTF_8);

        assertThat(scanner.feed(bytes, 0, bytes.length)).isTrue();
        assertThat(scanner.complete()).isTrue();
        assertThat(scanner.isToolError()).isTrue();
    }

    @Test
    void aMessageThatIsCutIsNotComplete() {
        assertThat(scan("{\"id\":1,\"result\":{\"x\":1}").complete()).isFalse();
    }
}
