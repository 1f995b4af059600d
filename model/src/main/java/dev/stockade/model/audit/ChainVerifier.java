package dev.stockade.model.audit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import dev.stockade.model.audit.ChainReport.Chain;
import dev.stockade.model.audit.ChainReport.Fault;
import dev.stockade.model.audit.ChainReport.FaultKind;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Checks the chains of audit lines in a stream: of one process or of several at once, from their first lines or from later
 * ones, with other log lines between them, and with whatever a collector puts before a line. Used by one thread.
 *
 * <p>Holds no lines. What it holds grows with the number of processes, which is bounded by {@value #MOST_CHAINS}, and with
 * the number of faults, which is bounded by {@value #MOST_FAULTS}: what is beyond is counted.
 */
public final class ChainVerifier {
    /** How many faults are told one by one. */
    public static final int MOST_FAULTS = 1000;

    /** How many processes' lines one stream may hold. */
    public static final int MOST_CHAINS = 100_000;

    /** How every audit line begins. */
    private static final byte[] BEGINNING = "{\"log\":\"audit\",".getBytes(US_ASCII);

    private static final Pattern LINK =
            Pattern.compile("\"boot\":\"([^\"]*)\",\"seq\":([1-9][0-9]{0,17}),\"prev\":\"([0-9a-f]{64})\"");
    /** The members before {@code boot} are ours and short, so that no text of a caller is looked at. */
    private static final int LINK_WITHIN = 1024;

    private final MessageDigest sha256 = AuditChain.sha256();
    private final Map<String, Following> chains = new LinkedHashMap<>();
    private final List<Fault> faults = new ArrayList<>();
    private long untold;
    private long line;
    private long others;

    /** What is known of one process. */
    private static final class Following {
        final String boot;
        final String prefix;
        final long firstLine;
        final long firstSeq;
        long lines;
        long lastLine;
        long lastSeq;
        String digest = "";
        /** Numbers that were passed over: the first of each gap, with the fault that tells of it. */
        final NavigableMap<Long, Gap> gaps = new TreeMap<>();

        Following(String boot, String prefix, long line, long seq) {
            this.boot = boot;
            this.prefix = prefix;
            this.firstLine = line;
            this.firstSeq = seq;
        }
    }

    /**
     * @param to the last number of it
     * @param before the number and the line after which it was seen
     */
    private record Gap(long to, long before, long beforeLine, long seenAt) {}

    /**
     * Takes the next line of the stream.
     *
     * @param bytes without its line feed
     */
    public void accept(byte[] bytes) {
        line++;
        int from = beginning(bytes);
        if (from < 0) {
            others++;
            return;
        }
        Matcher link = LINK.matcher(new String(bytes, from, Math.min(bytes.length - from, LINK_WITHIN), ISO_8859_1));
        if (!link.find()) {
            tell(new Fault(
                    FaultKind.UNREADABLE,
                    line,
                    "",
                    0,
                    "line " + line + " has no boot, seq and prev: it was not written by this log, or was changed"));
            return;
        }
        String boot = link.group(1);
        long seq = Long.parseLong(link.group(2));
        String prev = link.group(3);
        Following chain = chains.get(boot);
        boolean first = chain == null;
        if (chain == null) {
            if (chains.size() == MOST_CHAINS) {
                throw new IllegalArgumentException(
                        "line " + line + " is of process number " + (MOST_CHAINS + 1) + "; check less at a time");
            }
            chain = new Following(boot, new String(bytes, 0, from, ISO_8859_1).strip(), line, seq);
            chains.put(boot, chain);
        }
        chain.lines++;
        boolean follows = first ? begins(seq, prev, boot) : follows(chain, seq, prev);
        if (follows) {
            chain.lastSeq = seq;
            chain.lastLine = line;
            sha256.update(bytes, from, bytes.length - from);
            chain.digest = HexFormat.of().formatHex(sha256.digest());
        }
    }

    private boolean begins(long seq, String prev, String boot) {
        if (seq == 1 && !prev.equals(AuditChain.FIRST)) {
            tell(new Fault(
                    FaultKind.CHANGED,
                    line,
                    boot,
                    seq,
                    "line " + line + " is the first of its process and names one before it: it was changed"));
        }
        return true;
    }

    /** @return whether what comes next has to follow from this line */
    private boolean follows(Following chain, long seq, String prev) {
        if (seq <= chain.lastSeq) {
            boolean moved = takeFromGap(chain, seq) || seq < chain.firstSeq;
            tell(new Fault(
                    moved ? FaultKind.MOVED : FaultKind.REPEATED,
                    line,
                    chain.boot,
                    seq,
                    "line " + line + " has number " + seq + " and stands after number " + chain.lastSeq + " (line "
                            + chain.lastLine + "): "
                            + (moved ? "it was moved" : "it is there twice, or was put in")));
            return false;
        }
        if (seq > chain.lastSeq + 1) {
            if (faults.size() + chain.gaps.size() < MOST_FAULTS) {
                chain.gaps.put(chain.lastSeq + 1, new Gap(seq - 1, chain.lastSeq, chain.lastLine, line));
            } else {
                untold++;
            }
        } else if (!prev.equals(chain.digest)) {
            tell(new Fault(
                    FaultKind.CHANGED,
                    chain.lastLine,
                    chain.boot,
                    chain.lastSeq,
                    "line " + line + " (number " + seq + ") does not follow from line " + chain.lastLine + " (number "
                            + chain.lastSeq + "): line " + chain.lastLine + " was changed, or the prev of line "
                            + line));
        }
        return true;
    }

    /** Takes the number out of the gap that it lies in, which then is two smaller ones, or one, or none; false if in none. */
    private static boolean takeFromGap(Following chain, long seq) {
        Map.Entry<Long, Gap> entry = chain.gaps.floorEntry(seq);
        if (entry == null || seq > entry.getValue().to()) {
            return false;
        }
        Gap gap = entry.getValue();
        chain.gaps.remove(entry.getKey());
        if (entry.getKey() < seq) {
            chain.gaps.put(entry.getKey(), new Gap(seq - 1, gap.before(), gap.beforeLine(), gap.seenAt()));
        }
        if (seq < gap.to()) {
            chain.gaps.put(seq + 1, new Gap(gap.to(), gap.before(), gap.beforeLine(), gap.seenAt()));
        }
        return true;
    }

    private void tell(Fault fault) {
        if (faults.size() < MOST_FAULTS) {
            faults.add(fault);
        } else {
            untold++;
        }
    }

    /** Where an audit line begins in what a collector wrote; -1 if there is none. */
    private static int beginning(byte[] bytes) {
        for (int i = 0; i + BEGINNING.length <= bytes.length; i++) {
            int match = 0;
            while (match < BEGINNING.length && bytes[i + match] == BEGINNING[match]) {
                match++;
            }
            if (match == BEGINNING.length) {
                return i;
            }
        }
        return -1;
    }

    /** What was found in the lines so far. */
    public ChainReport report() {
        List<Fault> all = new ArrayList<>(faults);
        List<Chain> found = new ArrayList<>();
        for (Following chain : chains.values()) {
            chain.gaps.forEach((from, gap) -> all.add(missing(chain.boot, from, gap)));
            found.add(new Chain(
                    chain.boot,
                    requireNonNull(chain.prefix),
                    chain.lines,
                    chain.firstSeq,
                    chain.lastSeq,
                    chain.firstLine,
                    chain.lastLine));
        }
        all.sort(Comparator.comparingLong(Fault::line));
        return new ChainReport(found, all, untold, line, others);
    }

    private static Fault missing(String boot, long from, Gap gap) {
        String numbers = from == gap.to() ? "number " + from + " is" : "numbers " + from + " to " + gap.to() + " are";
        return new Fault(
                FaultKind.MISSING,
                gap.seenAt(),
                boot,
                from,
                numbers + " missing between line " + gap.beforeLine() + " (number " + gap.before() + ") and line "
                        + gap.seenAt());
    }
}
