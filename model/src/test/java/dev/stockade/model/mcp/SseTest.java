package dev.stockade.model.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SseTest {
    private static List<String> events(String stream, int pieces) {
        byte[] bytes = stream.getBytes(UTF_8);
        SseBoundary boundary = new SseBoundary();
        List<String> events = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < bytes.length; i += pieces) {
            int to = Math.min(bytes.length, i + pieces);
            int at = i;
            while (true) {
                int end = boundary.end(bytes, at, to);
                if (end < 0) {
                    break;
                }
                events.add(new String(bytes, start, end - start, UTF_8));
                start = end;
                at = end;
            }
        }
        return events;
    }

    private static SseEvent event(String text) {
        return SseEvent.of(ByteBuffer.wrap(text.getBytes(UTF_8)));
    }

    private static String data(SseEvent event) {
        return UTF_8.decode(event.data()).toString();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 1000})
    void eventsEndWithAnEmptyLineHoweverLinesEndAndPiecesFall(int pieces) {
        assertThat(events("data: 1\n\ndata: 2\n\n: c\n\n", pieces))
                .containsExactly("data: 1\n\n", "data: 2\n\n", ": c\n\n");
        assertThat(events("data: 1\r\n\r\ndata: 2\r\n\r\n", pieces))
                .containsExactly("data: 1\r\n\r\n", "data: 2\r\n\r\n");
        assertThat(events("data: 1\r\rdata: 2\r\r", pieces)).containsExactly("data: 1\r\r", "data: 2\r\r");
        assertThat(events("id: 7\ndata: 1\n", pieces)).isEmpty();
        assertThat(String.join("", events("data: 1\r\n\ndata: 2\n\r\ndata: 3\r\n\r\n", pieces)))
                .isEqualTo("data: 1\r\n\ndata: 2\n\r\ndata: 3\r\n\r\n");
    }

    @Test
    void anEventIsThereAsSoonAsItsLastByteIs() {
        SseBoundary boundary = new SseBoundary();
        byte[] event = "data: 1\r\n\r\n".getBytes(UTF_8);

        assertThat(boundary.end(event, 0, event.length - 1)).isNegative();
        assertThat(boundary.end(event, event.length - 1, event.length)).isEqualTo(event.length);
    }

    @Test
    void dataIsReadAsClientsReadIt() {
        assertThat(data(event("event: message\ndata: {\"a\":\ndata:1}\nid: 5\n\n")))
                .isEqualTo("{\"a\":\n1}");
        assertThat(data(event("data:  two spaces\n\n"))).isEqualTo(" two spaces");
        assertThat(data(event("\ufeffdata: x\r\n\r\n"))).isEqualTo("x");
        assertThat(data(event("data: a\rdata: b\r\r"))).isEqualTo("a\nb");
        assertThat(data(event("Data: x\n\n"))).isEmpty();
        assertThat(event("data\n\n").hasData()).isFalse();
        assertThat(event("id: 1\ndata: \n\n").hasData()).isFalse();
        assertThat(event("id: 1\ndata: \n\n").hasId()).isTrue();
        assertThat(event(": keep-alive\n\n").hasData()).isFalse();
        assertThat(event("data: x\n\n").isMessage()).isTrue();
        assertThat(event("event: endpoint\ndata: x\n\n").isMessage()).isFalse();
    }

    @Test
    void aRewrittenEventKeepsItsOtherLines() {
        SseEvent event = event("event: message\r\nid: 5\r\nretry: 10\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\n");

        String rewritten = new String(event.withData("{\n}".getBytes(UTF_8)), UTF_8);

        assertThat(rewritten).isEqualTo("event: message\nid: 5\nretry: 10\ndata: { }\n\n");
    }

    @Test
    void anIdIsOneThatClientsTake() {
        assertThat(event("id: 1\nid: a\u0000b\ndata: x\n\n").hasId()).isTrue();
        assertThat(event("id: a\u0000b\ndata: x\n\n").hasId()).isFalse();
        assertThat(event("id: a\u2028b\ndata: x\n\n").hasId()).isFalse();
        assertThat(event("id: 1\nid:\ndata: x\n\n").hasId()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u000b", "\f", "\u001c", "\u001d", "\u001e", "\u0085", "\u2028", "\u2029"})
    void whatSomeClientsEndLinesAtIsWrittenAsAnEscape(String end) {
        SseEvent event = event("id: 1\n: c" + end + "data: y\nevent: message\ndata: {\"a\":\"b" + end + "c\"}\n\n");

        assertThat(event.breaksElsewhere()).isTrue();
        assertThat(new String(event.withData(("{\"a\":\"b" + end + "c\"}").getBytes(UTF_8)), UTF_8))
                .isEqualTo(
                        "id: 1\nevent: message\ndata: {\"a\":\"b\\u%04x".formatted((int) end.charAt(0)) + "c\"}\n\n");
    }

    @Test
    void otherTextIsNoSuchEnd() {
        assertThat(event("data: \u00e9\u0084\u0086\u2027\u202a\u2068\ud83d\ude00\t\u001b\n\n")
                        .breaksElsewhere())
                .isFalse();
    }
}
