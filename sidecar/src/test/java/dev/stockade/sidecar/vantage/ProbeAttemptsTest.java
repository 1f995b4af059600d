package dev.stockade.sidecar.vantage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.sidecar.log.Log;
import dev.stockade.sidecar.tunnel.EventLoops;
import dev.stockade.wire.control.v1.ProbeOrder;
import dev.stockade.wire.control.v1.ProbeResult.Outcome;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProbeAttemptsTest {
    private final ByteArrayOutputStream lines = new ByteArrayOutputStream();
    private final EventLoops loops = EventLoops.open();
    private final BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        loops.data().shutdownGracefully(0, 1, TimeUnit.SECONDS);
        loops.control().shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private ProbeAttempts attempts(InetAddress... own) {
        return new ProbeAttempts(loops.control().next(), loops.socket(), Set.of(own), log());
    }

    private Log log() {
        return new Log(new PrintStream(lines, true, StandardCharsets.UTF_8), Clock.systemUTC());
    }

    private static ProbeOrder order(String address, int port) {
        return ProbeOrder.newBuilder()
                .setId(1)
                .setPodNamespace("tools")
                .setPodName("web-0")
                .setAddress(address)
                .setPort(port)
                .build();
    }

    private Outcome outcome(ProbeAttempts attempts, ProbeOrder order) throws InterruptedException {
        attempts.take(order, outcomes::add);
        Outcome outcome = outcomes.poll(30, TimeUnit.SECONDS);
        assertThat(outcome).isNotNull();
        return outcome;
    }

    private String logged() {
        return lines.toString(StandardCharsets.UTF_8);
    }

    /** Where the tests' own servers are, and nothing of this is refused. */
    private ProbeAttempts anywhere() {
        return new ProbeAttempts(loops.control().next(), loops.socket(), address -> false, log());
    }

    @Test
    void aConnectionThatOpensIsClosedWithoutAByte() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Outcome outcome = outcome(anywhere(), order("127.0.0.1", server.getLocalPort()));

            assertThat(outcome).isEqualTo(Outcome.OUTCOME_OPEN);
            try (Socket accepted = server.accept()) {
                assertThat(accepted.getInputStream().read())
                        .as("the end, and nothing before it")
                        .isEqualTo(-1);
            }
            assertThat(logged())
                    .contains("\"message\":\"probe\"", "\"pod\":\"tools/web-0\"", "\"outcome\":\"open\"")
                    .contains("\"port\":" + server.getLocalPort());
        }
    }

    @Test
    void aPortWhereNothingListensIsRefused() throws Exception {
        int port;
        try (ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = gone.getLocalPort();
        }

        assertThat(outcome(anywhere(), order("127.0.0.1", port))).isEqualTo(Outcome.OUTCOME_REFUSED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.9.9.9",
                "::1",
                "::ffff:127.0.0.1",
                "0.0.0.0",
                "::",
                "169.254.169.254",
                "fe80::1",
                "224.0.0.1",
                "ff02::1",
                "kubernetes.default.svc",
                "10.0.0.1/8",
                ""
            })
    void whatIsNoOtherPodsAddressIsNotTried(String address) throws Exception {
        assertThat(outcome(attempts(), order(address, 80))).isEqualTo(Outcome.OUTCOME_NOT_TRIED);
        assertThat(logged()).contains("probe refused");
    }

    @Test
    void thePodsOwnAddressIsNotTried() throws Exception {
        InetAddress own = InetAddress.ofLiteral("192.0.2.7");

        assertThat(outcome(attempts(own), order("192.0.2.7", 80))).isEqualTo(Outcome.OUTCOME_NOT_TRIED);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 65_536})
    void whatIsNoPortIsNotTried(int port) throws Exception {
        assertThat(outcome(attempts(), order("192.0.2.7", port))).isEqualTo(Outcome.OUTCOME_NOT_TRIED);
    }

    @Test
    void whoeverOrdersTooMuchAtOnceIsRefused() throws Exception {
        List<Outcome> answers = new CopyOnWriteArrayList<>();
        ProbeAttempts attempts = anywhere();
        try (ServerSocket server = new ServerSocket(0, 200, InetAddress.getLoopbackAddress())) {
            // On the loop itself, so that none is through before the last is ordered.
            loops.control().next().execute(() -> {
                for (int i = 0; i < 200; i++) {
                    attempts.take(order("127.0.0.1", server.getLocalPort()), answers::add);
                }
            });

            await().atMost(60, TimeUnit.SECONDS).until(() -> answers.size() == 200);
        }
        assertThat(answers).filteredOn(Outcome.OUTCOME_OPEN::equals).hasSize(64);
        assertThat(answers).filteredOn(Outcome.OUTCOME_NOT_TRIED::equals).hasSize(136);
    }
}
