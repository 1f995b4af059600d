package dev.stockade.model.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.model.json.JsonRefusedException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ListFilterTest {
    private final ListFilter filter = new ListFilter(3);

    private String filtered(String answer, boolean modern) throws JsonRefusedException {
        byte[] bytes = answer.getBytes(UTF_8);
        StringBuilder left = new StringBuilder();
        int from = 0;
        for (ListFilter.Cut cut :
                filter.cuts(ByteBuffer.wrap(bytes), t -> t.name().startsWith("ok"), ListFilterTest::mark, modern)) {
            left.append(new String(bytes, from, cut.range().start() - from, UTF_8))
                    .append(cut.replacement());
            from = cut.range().end();
        }
        return left.append(new String(bytes, from, bytes.length - from, UTF_8)).toString();
    }

    private static Optional<String> mark(String task) {
        return task.startsWith("own") ? Optional.of("+mine") : Optional.empty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[] | []",
                "[{\"taskId\":\"own1\",\"ttl\":5},{\"taskId\":\"own2\"}] | [{\"taskId\":\"own1+mine\",\"ttl\":5},{\"taskId\":\"own2+mine\"}]",
                "[ {\"taskId\":\"x\"}, {\"a\":1,\"taskId\":\"\\u006fwn\"} ,{\"taskId\":\"y\"}] | [{\"a\":1,\"taskId\":\"\\u006fwn+mine\"}]",
                "[{\"taskId\":5},{\"id\":\"own\"},\"own\",{\"task\":{\"taskId\":\"own\"}},{\"TaskId\":\"own\"}] | []",
            })
    void ofTasksTheAgentsOwnStayWithItsMark(String list, String left) throws JsonRefusedException {
        String answer = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tasks\":%s,\"nextCursor\":\"c\"}}";

        assertThat(filtered(answer.formatted(list), false)).isEqualTo(answer.formatted(left));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[] | []",
                "[{\"name\":\"ok\"}] | [{\"name\":\"ok\"}]",
                "[{\"name\":\"no\"}] | []",
                "[ {\"name\":\"ok\"} , {\"name\":\"no\"} ] | [ {\"name\":\"ok\"}]",
                "[ {\"name\":\"no\"} , {\"name\":\"ok\"} ] | [{\"name\":\"ok\"} ]",
                "[{\"name\":\"ok1\"},{\"name\":\"no\"},{\"name\":\"no\"},{\"name\":\"ok2\"}] | [{\"name\":\"ok1\"},{\"name\":\"ok2\"}]",
                "[{\"x\":[{\"name\":\"no\"}],\"name\":\"o\\u006b\"}] | [{\"x\":[{\"name\":\"no\"}],\"name\":\"o\\u006b\"}]",
                "[{\"Name\":\"ok\"},{\"name\":5},5,\"ok\",null,[{\"name\":\"ok\"}]] | []",
                "[{\"description\":\"],}\\\"\",\"name\":\"ok\"},{\"description\":\"],}\\\"\",\"name\":\"no\"}] | [{\"description\":\"],}\\\"\",\"name\":\"ok\"}]",
            })
    void itemsThatMayNotBeUsedAreCutOut(String list, String left) throws JsonRefusedException {
        String answer =
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"nextCursor\":\"c\",\"tools\":%s,\"_meta\":{\"a\":1}}}\n";

        assertThat(filtered(answer.formatted(list), false)).isEqualTo(answer.formatted(left));
    }

    @Test
    void resourcesGoByUriTemplatesByTheirTemplateAndPromptsByName() throws JsonRefusedException {
        assertThat(filtered(
                        "{\"result\":{\"resources\":[{\"name\":\"ok\",\"uri\":\"no\"},{\"uri\":\"ok:a\",\"name\":\"n\"}],"
                                + "\"resourceTemplates\":[{\"uriTemplate\":\"ok:{a}\"},{\"uriTemplate\":\"no:{a}\"}],"
                                + "\"prompts\":[{\"name\":\"no\"}]},\"id\":1}",
                        false))
                .isEqualTo("{\"result\":{\"resources\":[{\"uri\":\"ok:a\",\"name\":\"n\"}],"
                        + "\"resourceTemplates\":[{\"uriTemplate\":\"ok:{a}\"}],\"prompts\":[]},\"id\":1}");
    }

    @Test
    void aCacheIsToldThatTheListIsForOneAgentAndForAShortTime() throws JsonRefusedException {
        assertThat(filtered("{\"result\":{\"cacheScope\":\"public\",\"ttlMs\":3600000,\"tools\":[]}}", true))
                .isEqualTo("{\"result\":{\"cacheScope\":\"private\",\"ttlMs\":5000,\"tools\":[]}}");
        assertThat(filtered("{\"result\":{\"tools\":[],\"ttlMs\":1}}", true))
                .isEqualTo("{\"result\":{\"cacheScope\":\"private\",\"tools\":[],\"ttlMs\":1}}");
        assertThat(filtered("{\"result\":{ }}", true)).isEqualTo("{\"result\":{\"cacheScope\":\"private\" }}");
        assertThat(filtered("{\"result\":{\"tools\":[]}}", false)).isEqualTo("{\"result\":{\"tools\":[]}}");
    }

    @Test
    void anErrorIsLeftAsItIs() throws JsonRefusedException {
        assertThat(filtered("{\"id\":1,\"error\":{\"code\":1,\"message\":\"tools\"}}", true))
                .isEqualTo("{\"id\":1,\"error\":{\"code\":1,\"message\":\"tools\"}}");
    }

    @Test
    void anAnswerThatCannotBeReadIsNotPassed() {
        assertThatThrownBy(() -> filtered("{\"result\":{\"tools\":[],\"tools\":[{\"name\":\"no\"}]}}", false))
                .isInstanceOf(JsonRefusedException.class);
        assertThatThrownBy(() -> filtered("{\"result\":{\"tools\":{\"0\":{\"name\":\"no\"}}}}", false))
                .isInstanceOf(JsonRefusedException.class);
    }

    @Test
    void whatHonestServersSendIsRead() throws JsonRefusedException {
        assertThat(filtered("{\"result\":{\"tools\":[{\"name\":\"ok\",\"description\":\"cut \\ud83d\"}]}}", false))
                .contains("cut");
    }

    @Test
    void anyListLeavesExactlyWhatIsVisibleInItsOrder() throws Exception {
        Random random = new Random(11);
        ObjectMapper jackson = new ObjectMapper();
        for (int round = 0; round < 500; round++) {
            List<String> names = new ArrayList<>();
            int size = random.nextInt(6);
            StringBuilder list = new StringBuilder("[");
            for (int i = 0; i < size; i++) {
                boolean visible = random.nextBoolean();
                String name = (visible ? "ok" : "no") + i;
                if (visible) {
                    names.add(name);
                }
                list.append(i == 0 ? "" : random.nextBoolean() ? " ,\n" : ",");
                list.append("{\"schema\":{\"name\":\"ok\",\"d\":[[],{}]},\"name\":\"")
                        .append(name)
                        .append("\"}");
            }
            var left = jackson.readTree(filtered("{\"result\":{\"tools\":" + list + "]}}", random.nextBoolean()));
            var tools = left.at("/result/tools");
            assertThat(IntStream.range(0, tools.size())
                            .mapToObj(i -> tools.get(i).get("name").asText()))
                    .isEqualTo(names);
        }
    }
}
