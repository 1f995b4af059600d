package dev.stockade.model.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.model.json.JsonRefusedException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContentFilterTest {
    private final ContentFilter filter = new ContentFilter(3);

    private String filtered(String answer) throws JsonRefusedException {
        byte[] bytes = answer.getBytes(UTF_8);
        StringBuilder left = new StringBuilder();
        int from = 0;
        for (ListFilter.Cut cut : filter.cuts(ByteBuffer.wrap(bytes), uri -> !uri.startsWith("ok:"))) {
            left.append(new String(bytes, from, cut.range().start() - from, UTF_8))
                    .append(cut.replacement());
            from = cut.range().end();
        }
        return left.append(new String(bytes, from, bytes.length - from, UTF_8)).toString();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"type\":\"text\",\"text\":\"no:x\"} | true",
                "{\"type\":\"text\",\"uri\":\"no:x\"} | true",
                "{\"type\":\"resource_link\",\"uri\":\"ok:x\"} | true",
                "{\"type\":\"resource_link\",\"uri\":\"no:x\",\"name\":\"]},{\"} | false",
                "{\"uri\":\"no:x\",\"type\":\"resource\\u005flink\"} | false",
                "{\"type\":\"resource_link\",\"name\":\"x\"} | false",
                "{\"type\":\"resource_link\",\"uri\":5} | false",
                "{\"type\":\"resource\",\"resource\":{\"uri\":\"ok:x\",\"text\":\"t\"}} | true",
                "{\"type\":\"resource\",\"resource\":{\"text\":\"secret\",\"uri\":\"no:x\"}} | false",
                "{\"type\":\"resource\",\"resource\":{\"uri\":\"\\u006eo:x\",\"blob\":\"AAAA\"}} | false",
                "{\"type\":\"resource\",\"resource\":{\"text\":\"secret\"}} | false",
                "{\"type\":\"resource\"} | false",
                "{\"type\":\"other\",\"resource\":{\"uri\":\"no:x\"}} | false",
            })
    void whatTheAgentMayNotReadIsReplacedInResultsOfToolsAndInMessagesOfPrompts(String block, boolean stays)
            throws JsonRefusedException {
        String left = stays ? block : ContentFilter.HIDDEN;
        for (String answer : new String[] {
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"a\"}, %s ,5,%s],\"isError\":false}}",
            "{\"result\":{\"messages\":[{\"role\":\"user\",\"content\":%s}, {\"role\":\"user\",\"content\":[%s]}]},\"id\":1}",
        }) {
            assertThat(filtered(answer.formatted(block, block))).isEqualTo(answer.formatted(left, left));
        }
    }

    @Test
    void nothingElseIsTouched() throws JsonRefusedException {
        for (String answer : new String[] {
            "{\"result\":{\"structuredContent\":{\"type\":\"resource_link\",\"uri\":\"no:x\"},\"content\":[]},\"id\":1}",
            "{\"result\":{\"contents\":[{\"uri\":\"no:x\",\"text\":\"of a read that was allowed\"}]},\"id\":1}",
            "{\"error\":{\"code\":1,\"message\":\"m\",\"data\":{\"content\":[{\"type\":\"resource_link\",\"uri\":\"no:x\"}]}},\"id\":1}",
            "{\"result\":{\"content\":\"none\",\"messages\":{\"content\":[]}},\"id\":1}",
        }) {
            assertThat(filtered(answer)).isEqualTo(answer);
        }
    }

    @Test
    void anAnswerThatCannotBeReadInOneWayIsNotPassed() {
        assertThatThrownBy(() -> filtered(
                        "{\"result\":{\"content\":[],\"content\":[{\"type\":\"resource_link\",\"uri\":\"no:x\"}]}}"))
                .isInstanceOf(JsonRefusedException.class);
    }
}
