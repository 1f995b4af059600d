package dev.stockade.sidecar.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.model.audit.AuditChain;
import dev.stockade.model.audit.AuditEvent;
import dev.stockade.model.audit.AuditEvent.Measures;
import dev.stockade.model.audit.AuditEvent.Parties;
import dev.stockade.model.audit.AuditEvent.Phase;
import dev.stockade.model.audit.AuditEvent.Ruling;
import dev.stockade.model.audit.AuditEvent.Subject;
import dev.stockade.model.audit.RecordedArguments;
import dev.stockade.sidecar.log.Log;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AuditLogTest {
    private final ByteArrayOutputStream own = new ByteArrayOutputStream();
    private final Log log = new Log(new PrintStream(own, true, UTF_8), Clock.systemUTC());

    private static AuditEvent event(String name) {
        return new AuditEvent(
                Instant.EPOCH,
                new UUID(1, 2),
                Phase.DECISION,
                new Parties("a", "b", "c", "d"),
                new Subject("tools/call", "tool", name),
                Ruling.ALLOWED,
                Optional.empty(),
                1,
                RecordedArguments.NONE,
                Measures.received(1),
                "",
                "");
    }

    @Test
    void linesOfManyThreadsFormOneChainAndAreAllOutAfterClose() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        AtomicInteger told = new AtomicInteger();
        AuditLog audit = new AuditLog(out, "boot-1", 100_000, log);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 50; i++) {
                threads.execute(() -> {
                    for (int k = 0; k < 100; k++) {
                        audit.append(event("x"), written -> told.addAndGet(written ? 1 : 0));
                    }
                });
            }
        }
        audit.close();

        List<String> lines = out.toString(UTF_8).lines().toList();
        assertThat(lines).hasSize(5000);
        assertThat(AuditChain.fault(lines)).isEmpty();
        assertThat(told).hasValue(5000);
        assertThat(audit.written()).isEqualTo(5000);
        assertThat(audit.lost()).isZero();
    }

    @Test
    void aStreamThatFailsIsToldAndCountedAndTheGapShowsOnceItWorksAgain() {
        AtomicBoolean full = new AtomicBoolean();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        OutputStream disk = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int from, int length) throws IOException {
                if (full.get()) {
                    out.write(bytes, from, length / 2);
                    throw new IOException("no space left on device");
                }
                out.write(bytes, from, length);
            }
        };
        AtomicInteger written = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        Receipt receipt = ok -> (ok ? written : refused).incrementAndGet();
        try (AuditLog audit = new AuditLog(disk, "boot-1", 100, log)) {
            audit.append(event("before"), receipt);
            await().until(() -> written.get() == 1);
            full.set(true);
            audit.append(event("lost"), receipt);
            await().until(() -> refused.get() == 1);
            full.set(false);
            audit.append(event("after"), receipt);
            await().until(() -> written.get() == 2);
            assertThat(audit.lost()).isEqualTo(1);
        }

        List<String> whole = out.toString(UTF_8)
                .lines()
                .filter(line -> line.endsWith("}") && line.startsWith("{"))
                .toList();
        assertThat(whole).hasSize(2);
        assertThat(AuditChain.fault(whole))
                .hasValueSatisfying(s -> assertThat(s).contains("missing"));
        assertThat(own.toString(UTF_8)).contains("no space left on device", "can be written again");
    }

    @Test
    void aFullQueueRefusesAtOnceAndNeverBlocks() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch stuck = new CountDownLatch(1);
        OutputStream slow = new OutputStream() {
            @Override
            public void write(int b) {}

            @Override
            public void write(byte[] bytes, int from, int length) throws IOException {
                stuck.countDown();
                try {
                    release.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        };
        try (AuditLog audit = new AuditLog(slow, "boot-1", 2, log)) {
            audit.append(event("1"));
            stuck.await();
            assertThat(audit.append(event("2"))).isTrue();
            assertThat(audit.append(event("3"))).isTrue();
            AtomicInteger refused = new AtomicInteger();

            assertThat(audit.append(event("4"), ok -> refused.addAndGet(ok ? 0 : 1)))
                    .isFalse();

            assertThat(refused).hasValue(1);
            assertThat(audit.lost()).isEqualTo(1);
            release.countDown();
        }
    }

    @Test
    void aStreamThatStandsStillIsNoticedAndNobodyWaitsForItUntilItGoesOn() throws Exception {
        // Given a write that nobody takes, and an event behind it
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch stuck = new CountDownLatch(1);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        OutputStream pipe = new OutputStream() {
            @Override
            public void write(int b) {}

            @Override
            public void write(byte[] bytes, int from, int length) throws IOException {
                stuck.countDown();
                try {
                    release.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                out.write(bytes, from, length);
            }
        };
        AtomicLong nanos = new AtomicLong();
        AtomicInteger told = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        Receipt receipt = ok -> (ok ? told : refused).incrementAndGet();
        AuditLog audit = new AuditLog(pipe, "boot-1", 100, log, nanos::get);
        audit.append(event("1"), receipt);
        stuck.await();
        audit.append(event("2"), receipt);

        // When that is so for a while, and then for too long
        nanos.addAndGet(AuditLog.LONGEST_WRITE.toNanos() - 1);
        audit.checkStill();
        assertThat(refused).hasValue(0);
        nanos.incrementAndGet();
        audit.checkStill();
        audit.checkStill();

        // Then both are told, once, and nothing is queued
        assertThat(refused).hasValue(2);
        assertThat(audit.append(event("3"), receipt)).isFalse();
        assertThat(refused).hasValue(3);
        assertThat(audit.lost()).isEqualTo(2);

        // Until the stream goes on
        release.countDown();
        await().until(() -> audit.append(event("4"), receipt));
        audit.close();
        assertThat(told).hasValue(1);
        assertThat(out.toString(UTF_8))
                .contains("\"name\":\"1\"", "\"name\":\"4\"")
                .doesNotContain("\"name\":\"2\"");
        assertThat(AuditChain.fault(out.toString(UTF_8).lines().toList())).isEmpty();
        assertThat(own.toString(UTF_8)).contains("nobody reads the audit lines", "are read again");
    }

    @Test
    void nothingIsTakenAfterClose() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        AuditLog audit = new AuditLog(out, "boot-1", 10, log);
        audit.close();

        assertThat(audit.append(event("late"))).isFalse();
        assertThat(out.size()).isZero();
    }
}
