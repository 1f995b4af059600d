package dev.stockade.operator.attestation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.model.audit.AuditChain;
import dev.stockade.model.audit.SigningEvent;
import dev.stockade.operator.MovingClock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SigningAuditTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final SigningEvent.Issued ISSUED = new SigningEvent.Issued("1f", Instant.EPOCH);

    private final MovingClock clock = new MovingClock();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private List<String> lines() {
        return out.toString(UTF_8).lines().toList();
    }

    private Stream<JsonNode> events() {
        return lines().stream().map(line -> {
            try {
                return new ObjectMapper().readTree(line);
            } catch (IOException e) {
                throw new AssertionError(line, e);
            }
        });
    }

    private static void stranger(SigningAudit audit) {
        audit.refused("", "", "10.0.0.9", "", "no_token", "No token was sent.");
    }

    private static void pod(SigningAudit audit) {
        audit.refused("", "a/p", "10.0.0.1", "token", "other_address", "Another address.");
    }

    @Test
    void everyCertificateAndEveryRefusalHasItsLineInOneChain() {
        // When
        try (SigningAudit audit = new SigningAudit(out, 100, clock)) {
            audit.issued("spiffe://a/ns/b/agent/c", "b/c", "10.0.0.1", "token", ISSUED);
            pod(audit);
            stranger(audit);
        }
        // Then
        assertThat(events().map(e ->
                        e.path("decision").asText() + " " + e.path("reason").asText()))
                .containsExactly("allow ", "deny other_address", "deny no_token");
        assertThat(AuditChain.fault(lines())).isEmpty();
    }

    @Test
    void aFloodOfStrangersIsCountedAndHidesNoPodAndNoCertificate() {
        // When
        try (SigningAudit audit = new SigningAudit(out, 1000, clock)) {
            for (int i = 0; i < 500; i++) {
                stranger(audit);
            }
            pod(audit);
            audit.issued("spiffe://a/ns/b/agent/c", "b/c", "10.0.0.1", "token", ISSUED);
        }
        // Then
        assertThat(events().filter(e -> e.path("from").asText().equals("10.0.0.9")))
                .hasSize(SigningAudit.SINGLE);
        assertThat(events().filter(e -> e.path("agentPod").asText().equals("a/p")))
                .hasSize(1);
        assertThat(events().filter(e -> e.path("decision").asText().equals("allow")))
                .hasSize(1);
        assertThat(events().filter(e -> e.has("count")))
                .singleElement()
                .satisfies(e -> assertThat(e.path("count").asLong()).isEqualTo(500 - SigningAudit.SINGLE));
        assertThat(AuditChain.fault(lines())).isEmpty();
    }

    @Test
    void whatWasCountedIsToldOnceItsSecondIsOver() {
        try (SigningAudit audit = new SigningAudit(out, 1000, clock)) {
            for (int i = 0; i <= SigningAudit.SINGLE; i++) {
                stranger(audit);
            }
            await().atMost(PATIENCE).until(() -> audit.written() == SigningAudit.SINGLE);
            // When
            clock.advance(Duration.ofSeconds(1));
            // Then
            await().atMost(PATIENCE)
                    .until(() -> events().anyMatch(e -> e.path("count").asLong() == 1));
            // And the next second has its own lines again
            stranger(audit);
            await().atMost(PATIENCE).until(() -> audit.written() == SigningAudit.SINGLE + 2);
        }
    }

    @Test
    void whoAsksNeverWaitsForAStreamThatStandsStillAndWhatFindsNoRoomIsCounted() {
        // Given a stream that takes nothing
        CountDownLatch stands = new CountDownLatch(1);
        SigningAudit audit = new SigningAudit(
                new OutputStream() {
                    @Override
                    public void write(int b) throws IOException {
                        try {
                            stands.await();
                        } catch (InterruptedException e) {
                            throw new IOException(e);
                        }
                        out.write(b);
                    }
                },
                4,
                clock);
        // When more come than have room: this returns
        for (int i = 0; i < 1000; i++) {
            audit.issued("spiffe://a/ns/b/agent/c", "b/c", "10.0.0.1", "token", ISSUED);
        }
        stands.countDown();
        audit.close();
        // Then each is written or counted
        assertThat(audit.lost()).isPositive();
        assertThat(audit.lost() + audit.written()).isEqualTo(1000);
        assertThat(lines()).hasSize((int) audit.written());
        assertThat(AuditChain.fault(lines())).isEmpty();
    }

    @Test
    void aStreamThatFailsCostsLinesAndNothingElse() {
        SigningAudit audit = new SigningAudit(
                new OutputStream() {
                    @Override
                    public void write(int b) throws IOException {
                        throw new IOException("gone");
                    }
                },
                100,
                clock);
        pod(audit);
        await().atMost(PATIENCE).until(() -> audit.lost() == 1);
        pod(audit);
        audit.close();
        assertThat(audit.lost()).isEqualTo(2);
        assertThat(audit.written()).isZero();
    }
}
