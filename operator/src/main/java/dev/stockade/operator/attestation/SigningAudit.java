package dev.stockade.operator.attestation;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.audit.AuditChain;
import dev.stockade.model.audit.AuditEvent.Verdict;
import dev.stockade.model.audit.SigningEvent;
import dev.stockade.model.audit.UuidV7;
import dev.stockade.model.json.JsonText;
import java.io.IOException;
import java.io.OutputStream;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operator's audit lines: one for every certificate and one for every refusal, chained, in the order in which they were
 * taken. Nobody who asks for a certificate waits for a line: events are queued, and one thread numbers and writes them. What
 * finds no room, or cannot be written, is lost and counted.
 *
 * <p>Refusals come at the pleasure of whoever can reach the port, so only twenty a second have a line of their own; the rest
 * of that second share a line for each reason, with their number. Refusals of pods that have proven themselves and those of
 * strangers have twenty each: a stranger cannot make the refusal of a pod disappear in a number.
 */
final class SigningAudit implements AutoCloseable {
    /** Refusals a second that have a line of their own. */
    static final int SINGLE = 20;

    /** How many events may wait. */
    static final int CAPACITY = 4096;

    private static final Logger log = LoggerFactory.getLogger(SigningAudit.class);
    private static final Duration DRAIN = Duration.ofSeconds(5);
    private static final int BATCH = 256;

    private final OutputStream out;
    private final Clock clock;
    private final AuditChain chain;
    private final BlockingQueue<SigningEvent> queue;
    private final SecureRandom random = new SecureRandom();
    private final AtomicLong written = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();
    private final Crowd pods = new Crowd();
    private final Crowd strangers = new Crowd();
    private final Thread writer;
    private volatile boolean closed;
    private boolean failing;

    /** @param out told whole lines, each batch in one write */
    SigningAudit(OutputStream out, int capacity, Clock clock) {
        this.out = requireNonNull(out);
        this.clock = requireNonNull(clock);
        chain = new AuditChain(UUID.randomUUID().toString());
        queue = new ArrayBlockingQueue<>(capacity);
        writer = Thread.ofPlatform().name("audit").daemon(true).unstarted(this::write);
        writer.start();
    }

    /** This process's standard output, through the one stream that the log goes through, so that no line splits another. */
    static OutputStream standardOutput() {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int from, int length) throws IOException {
                System.out.write(bytes, from, length);
                if (System.out.checkError()) {
                    throw new IOException("standard output failed");
                }
            }
        };
    }

    /** A certificate was issued. */
    void issued(String identity, String pod, String from, String proof, SigningEvent.Issued certificate) {
        offer(event(identity, pod, from, proof, Verdict.ALLOW, "", "", 0, Optional.of(certificate)));
    }

    /** None was issued. The pod is empty if no token has proven one. */
    void refused(String identity, String pod, String from, String proof, String reason, String why) {
        Crowd crowd = pod.isEmpty() ? strangers : pods;
        if (crowd.admits(reason, clock.instant().getEpochSecond())) {
            offer(event(identity, pod, from, proof, Verdict.DENY, reason, why, 0, Optional.empty()));
        }
    }

    private SigningEvent event(
            String identity,
            String pod,
            String from,
            String proof,
            Verdict verdict,
            String reason,
            String why,
            long count,
            Optional<SigningEvent.Issued> certificate) {
        Instant now = clock.instant();
        return new SigningEvent(
                now, UuidV7.at(now, random), identity, pod, from, proof, verdict, reason, why, count, certificate);
    }

    private void offer(SigningEvent event) {
        // The writer may have looked for the last time between the two.
        if (closed || !queue.offer(event) || (closed && queue.remove(event))) {
            lost.incrementAndGet();
        }
    }

    /** How many lines are out. */
    long written() {
        return written.get();
    }

    /** How many certificates and refusals have no line and are in no line's number. */
    long lost() {
        return lost.get();
    }

    /** Takes nothing more, and waits until what is queued is out, for at most five seconds. */
    @Override
    public void close() {
        closed = true;
        try {
            writer.join(DRAIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write() {
        List<SigningEvent> batch = new ArrayList<>(BATCH);
        JsonText lines = new JsonText(64 * 1024);
        boolean last = false;
        while (!last) {
            // Read first: what was taken before it was set is in the queue, or was counted as lost.
            last = closed && queue.isEmpty();
            gather(batch);
            long ended = last ? Long.MAX_VALUE : clock.instant().getEpochSecond();
            counted(pods, ended, batch);
            counted(strangers, ended, batch);
            if (!batch.isEmpty()) {
                write(batch, lines);
            }
        }
    }

    private void gather(List<SigningEvent> batch) {
        try {
            SigningEvent first = queue.poll(closed ? 0 : 200, TimeUnit.MILLISECONDS);
            if (first != null) {
                batch.add(first);
                queue.drainTo(batch, BATCH - 1);
            }
        } catch (InterruptedException e) {
            log.warn("the audit writer was interrupted and goes on");
        }
    }

    private void counted(Crowd crowd, long second, List<SigningEvent> batch) {
        crowd.over(second)
                .forEach((reason, count) ->
                        batch.add(event("", "", "", "", Verdict.DENY, reason, "", count, Optional.empty())));
    }

    private void write(List<SigningEvent> batch, JsonText lines) {
        lines.reset();
        if (failing) {
            // What failed may have left half a line.
            lines.raw("\n");
        }
        batch.forEach(event -> chain.append(event, lines));
        try {
            out.write(lines.array(), 0, lines.length());
            out.flush();
            failing = false;
            written.addAndGet(batch.size());
        } catch (IOException e) {
            lost.addAndGet(batch.stream()
                    .mapToLong(event -> Math.max(1, event.count()))
                    .sum());
            if (!failing) {
                failing = true;
                log.atWarn().addKeyValue("cause", e.getMessage()).log("audit lines cannot be written and are lost");
            }
        }
        batch.clear();
    }

    /** Who is counted once too many are refused within a second. */
    private static final class Crowd {
        private long second;
        private int single;
        private Map<String, Long> more = new TreeMap<>();
        private Map<String, Long> over = new TreeMap<>();

        /** Whether this one has a line of its own; else it is counted. */
        synchronized boolean admits(String reason, long now) {
            turn(now);
            if (single < SINGLE) {
                single++;
                return true;
            }
            more.merge(reason, 1L, Long::sum);
            return false;
        }

        /** What was only counted in the seconds that are over, by reason; it is handed out once. */
        synchronized Map<String, Long> over(long now) {
            turn(now);
            Map<String, Long> counted = over;
            over = new TreeMap<>();
            return counted;
        }

        private void turn(long now) {
            if (now > second) {
                second = now;
                single = 0;
                more.forEach((reason, count) -> over.merge(reason, count, Long::sum));
                more = new TreeMap<>();
            }
        }
    }
}
