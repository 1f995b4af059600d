package dev.stockade.sidecar.audit;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.audit.AuditChain;
import dev.stockade.model.audit.AuditEvent;
import dev.stockade.model.json.JsonText;
import dev.stockade.sidecar.log.Log;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/**
 * The audit log of this process. {@link #append} never blocks: it queues the event, and one thread numbers, chains and writes
 * whatever has gathered, in one write. A line is lost only if the queue is full, the stream fails or stands still, or the log is
 * closed; each loss is counted and told to the event's {@link Receipt}, so that {@code onFailure: Deny} can refuse the message.
 *
 * <p>A stream stands still once one write takes longer than {@link #LONGEST_WRITE}: nobody reads the pipe. From then on nothing is
 * queued, and nobody waits, until that write has ended. The lines of that one write are told as lost, since nobody can tell; they
 * may be read later all the same.
 */
public final class AuditLog implements AutoCloseable {
    /** How many events may wait by default: a few seconds of a busy server. */
    public static final int CAPACITY = 8192;

    private static final int BATCH = 256;
    private static final Duration DRAIN = Duration.ofSeconds(5);

    /** How long one write may take before the stream counts as standing still. */
    public static final Duration LONGEST_WRITE = Duration.ofSeconds(5);

    private static final long NOT_WRITING = Long.MIN_VALUE;

    /** An event, and whoever waits for its line; told once. */
    private static final class Entry {
        private final Optional<AuditEvent> event;
        private final AtomicReference<Receipt> receipt;

        Entry(Optional<AuditEvent> event, Receipt receipt) {
            this.event = event;
            this.receipt = new AtomicReference<>(receipt);
        }
    }

    /** Ends the writer's wait once the log is closed. */
    private final Entry wake = new Entry(Optional.empty(), Receipt.NONE);

    private final OutputStream out;
    private final Log log;
    private final AuditChain chain;
    private final BlockingQueue<Entry> queue;
    private final Thread writer;
    private final AtomicLong written = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();
    private final Tally tally = new Tally();
    private final LongSupplier nanos;
    private volatile boolean closed;
    private volatile boolean failing;
    private volatile boolean still;
    /** When the write under way began. */
    private volatile long writingSince = NOT_WRITING;
    /** What that write holds. */
    private volatile List<Entry> writing = List.of();

    /**
     * Starts the writer.
     *
     * @param boot a random id of this process
     * @param capacity how many events may wait
     */
    public AuditLog(OutputStream out, String boot, int capacity, Log log) {
        this(out, boot, capacity, log, System::nanoTime);
    }

    /**
     * The same by another clock.
     *
     * @param nanos a clock that only goes on, as {@link System#nanoTime}
     */
    public AuditLog(OutputStream out, String boot, int capacity, Log log, LongSupplier nanos) {
        this.nanos = requireNonNull(nanos);
        this.out = requireNonNull(out);
        this.log = requireNonNull(log);
        chain = new AuditChain(boot);
        queue = new ArrayBlockingQueue<>(capacity);
        writer = Thread.ofPlatform().name("audit").daemon(true).unstarted(this::write);
        writer.start();
    }

    /** A log on this process's standard output, past {@link System#out} and its lock. */
    @SuppressWarnings("resource") // the process's own descriptor is not ours to close
    public static AuditLog onStandardOutput(String boot, Log log) {
        return new AuditLog(new FileOutputStream(FileDescriptor.out), boot, CAPACITY, log);
    }

    /**
     * Queues the event; nobody waits for its line.
     *
     * @return whether there was room
     */
    public boolean append(AuditEvent event) {
        return append(event, Receipt.NONE);
    }

    /**
     * Queues the event; the receipt is told when its line is out, or that it is lost.
     *
     * @return whether there was room; if not, the receipt has been told
     */
    public boolean append(AuditEvent event, Receipt receipt) {
        tally.count(event);
        Entry entry = new Entry(Optional.of(event), receipt);
        if (closed || still || !queue.offer(entry)) {
            lost.incrementAndGet();
            receipt.done(false);
            return false;
        }
        if ((closed || still) && queue.remove(entry)) {
            // The writer, or whoever found it stuck, may have looked for the last time in between.
            lost.incrementAndGet();
            receipt.done(false);
            return false;
        }
        return true;
    }

    /**
     * Looks whether the stream stands still, and then tells all who wait. Called each second, from any thread; does not block.
     */
    public void checkStill() {
        long since = writingSince;
        if (since == NOT_WRITING || nanos.getAsLong() - since < LONGEST_WRITE.toNanos()) {
            return;
        }
        if (!still) {
            still = true;
            log.warn("nobody reads the audit lines: messages are refused where audit.onFailure is Deny");
        }
        writing.forEach(entry -> tell(entry, false));
        List<Entry> waiting = new ArrayList<>();
        queue.drainTo(waiting);
        for (Entry entry : waiting) {
            if (entry == wake) {
                continue;
            }
            lost.incrementAndGet();
            tell(entry, false);
        }
    }

    /** What was decided and how it ended, of all events that were given, whether or not their lines are out. */
    public Tally tally() {
        return tally;
    }

    /** How many lines are out. */
    public long written() {
        return written.get();
    }

    /** How many lines were lost. */
    public long lost() {
        return lost.get();
    }

    /** Takes nothing more, and waits until what is queued is out, for at most five seconds. */
    @Override
    public void close() {
        closed = true;
        // A full queue wakes the writer by itself.
        queue.offer(wake);
        try {
            writer.join(DRAIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write() {
        List<Entry> batch = new ArrayList<>(BATCH);
        JsonText lines = new JsonText(64 * 1024);
        while (true) {
            try {
                batch.add(queue.take());
                queue.drainTo(batch, BATCH - 1);
                batch.remove(wake);
            } catch (InterruptedException e) {
                // Nobody has a reason to interrupt this thread; the log goes on until it is closed.
                log.warn("the audit writer was interrupted and goes on");
                continue;
            }
            if (!batch.isEmpty()) {
                write(batch, lines);
            }
            if (closed && queue.isEmpty()) {
                return;
            }
        }
    }

    private void write(List<Entry> batch, JsonText lines) {
        boolean ok = out(batch, lines);
        (ok ? written : lost).addAndGet(batch.size());
        for (Entry entry : batch) {
            tell(entry, ok);
        }
        batch.clear();
    }

    private boolean out(List<Entry> batch, JsonText lines) {
        lines.reset();
        if (failing) {
            // What failed may have left half a line.
            lines.raw("\n");
        }
        for (Entry entry : batch) {
            chain.append(entry.event.orElseThrow(), lines);
        }
        try {
            writing = List.copyOf(batch);
            writingSince = nanos.getAsLong();
            out.write(lines.array(), 0, lines.length());
            out.flush();
            if (failing) {
                failing = false;
                log.info("audit lines can be written again", "lost", lost.get());
            }
            return true;
        } catch (IOException e) {
            if (!failing) {
                failing = true;
                log.warn(
                        "audit lines cannot be written: messages are refused where audit.onFailure is Deny",
                        "cause",
                        String.valueOf(e.getMessage()));
            }
            return false;
        } finally {
            writingSince = NOT_WRITING;
            writing = List.of();
            if (still) {
                still = false;
                log.info("audit lines are read again", "lost", lost.get());
            }
        }
    }

    private void tell(Entry entry, boolean ok) {
        try {
            entry.receipt.getAndSet(Receipt.NONE).done(ok);
        } catch (RuntimeException e) {
            log.warn("a receipt of an audit line failed", "cause", String.valueOf(e));
        }
    }
}
