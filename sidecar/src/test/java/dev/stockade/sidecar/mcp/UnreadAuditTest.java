package dev.stockade.sidecar.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.model.audit.AuditChain;
import dev.stockade.sidecar.audit.AuditLog;
import dev.stockade.sidecar.state.ServerRules.AuditRules.OnFailure;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The audit lines go into a pipe of the operating system that is full, and that nobody reads. */
class UnreadAuditTest {
    private static final String CALL =
            "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\",\"arguments\":{}}}";

    private Pipe pipe;
    private int filled;
    private Rig rig;

    @BeforeEach
    void start() throws Exception {
        pipe = Pipe.open();
        pipe.sink().configureBlocking(false);
        ByteBuffer filling = ByteBuffer.allocate(1);
        while (pipe.sink().write(filling.clear()) > 0) {
            filled++;
        }
        pipe.sink().configureBlocking(true);
        rig = new Rig(Optional.of(Channels.newOutputStream(pipe.sink())));
    }

    @AfterEach
    void stop() throws Exception {
        rig.http.shutdownNow();
        pipe.source().close();
        rig.close();
    }

    private void rules(OnFailure onFailure) {
        rig.rules(onFailure, false, Rig.rule(List.of("echo"), List.of(), List.of(), Set.of()));
    }

    /** The pipe has not been read for too long, as far as the log can tell. */
    private void tooLong() {
        rig.auditNanos.addAndGet(AuditLog.LONGEST_WRITE.toNanos());
        rig.log.checkStill();
    }

    private CompletableFuture<HttpResponse<String>> call() {
        return rig.http.sendAsync(
                rig.request().POST(HttpRequest.BodyPublishers.ofString(CALL)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void underDenyCallsAreRefusedAndTheLoopGoesOn() throws Exception {
        // Given calls that wait for their line
        List<CompletableFuture<HttpResponse<String>>> waiting =
                IntStream.range(0, 20).mapToObj(i -> call()).toList();

        // Then what needs no line before it is answered all the same, by the one loop that there is
        assertThat(rig.raw("GET /other HTTP/1.1\r\nHost: x\r\n\r\n")).startsWith("HTTP/1.1 404");
        assertThat(rig.raw("POST /mcp HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"))
                .startsWith("HTTP/1.1 415");
        assertThat(waiting).noneMatch(CompletableFuture::isDone);

        // When the write takes too long
        await().until(() -> {
            tooLong();
            return waiting.stream().allMatch(CompletableFuture::isDone);
        });

        // Then each is refused, and so is the next at once, and none has reached the server
        List<HttpResponse<String>> answers = new ArrayList<>();
        for (CompletableFuture<HttpResponse<String>> one : waiting) {
            answers.add(one.get());
        }
        answers.add(rig.post(CALL));
        assertThat(answers).allSatisfy(answer -> {
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(Rig.json(answer.body()).at("/error/data/reason").asText())
                    .isEqualTo("audit_failed");
            assertThat(Rig.json(answer.body()).get("id").asInt()).isEqualTo(5);
        });
        assertThat(rig.timesAsked()).isZero();
        assertThat(rig.log.lost()).isGreaterThan(0);

        // And once the pipe is read, calls pass again, and the lines that are there form a chain
        BufferedReader lines = new BufferedReader(new InputStreamReader(Channels.newInputStream(pipe.source()), UTF_8));
        for (int i = 0; i < filled; i++) {
            assertThat(lines.read()).isZero();
        }
        List<String> written = new ArrayList<>();
        Thread reader = Thread.ofVirtual()
                .start(() -> lines.lines().forEach(line -> {
                    synchronized (written) {
                        written.add(line);
                    }
                }));
        await().until(() -> rig.post(CALL).statusCode() == 200);
        await().until(() -> {
            synchronized (written) {
                return !written.isEmpty() && written.getLast().contains("\"outcome\":\"ok\"");
            }
        });
        rig.log.close();
        pipe.sink().close();
        reader.join();
        assertThat(AuditChain.fault(written)).isEmpty();
    }

    @Test
    void underCountCallsPassAndTheLossesAreCounted() throws Exception {
        rules(OnFailure.COUNT);
        assertThat(rig.post(CALL).statusCode())
                .as("while there is room in the queue")
                .isEqualTo(200);
        await().until(() -> {
            tooLong();
            return rig.log.lost() > 0;
        });
        long before = rig.log.lost();

        assertThat(rig.post(CALL).statusCode()).isEqualTo(200);

        await().until(() -> rig.log.lost() == before + 2);
        assertThat(rig.timesAsked()).isEqualTo(2);
    }
}
