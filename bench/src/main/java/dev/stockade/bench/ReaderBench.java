package dev.stockade.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.stockade.model.mcp.McpMessage;
import dev.stockade.model.mcp.McpReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Reading one {@code tools/call}: strictly, as the sidecar does, from the memory that the network wrote to; and by Jackson from an
 * array, as a stream of tokens and as a tree, with its check for duplicate keys, without which it accepts what the sidecar must
 * refuse.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ReaderBench {
    @Param({"1024", "65536", "1048576"})
    public int bytes = 1024;

    private final McpReader reader = new McpReader(1);
    private final JsonFactory factory = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    private final ObjectMapper mapper = JsonMapper.builder(factory).build();
    private byte[] array = {};
    private ByteBuffer direct = ByteBuffer.allocate(0);

    /** Makes the message. */
    @Setup
    public void message() {
        array = call(bytes);
        direct = ByteBuffer.allocateDirect(array.length).put(array).flip();
    }

    /** A call whose arguments are strings, numbers, lists and objects; a little shorter than asked for. */
    static byte[] call(int size) {
        StringBuilder body =
                new StringBuilder("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
                        + "\"get_issue\",\"arguments\":{\"items\":[0");
        String item =
                ",{\"title\":\"some text of an ordinary length, with é and \\n\",\"number\":12345.5,\"labels\":[\"bug\",null]}";
        int itemBytes = item.getBytes(UTF_8).length;
        for (int bytes = body.length(); bytes + itemBytes <= size - 4; bytes += itemBytes) {
            body.append(item);
        }
        return body.append("]}}}").toString().getBytes(UTF_8);
    }

    @Benchmark
    public McpMessage stockade() {
        return reader.read(direct);
    }

    @Benchmark
    public int jacksonStream() throws IOException {
        int tokens = 0;
        try (JsonParser parser = factory.createParser(array)) {
            while (parser.nextToken() != null) {
                tokens++;
            }
        }
        return tokens;
    }

    @Benchmark
    public JsonNode jacksonTree() throws IOException {
        return mapper.readTree(array);
    }
}
