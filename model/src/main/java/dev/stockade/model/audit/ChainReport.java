package dev.stockade.model.audit;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What a stream of log lines shows of its audit chains. Places count from 1, other lines included.
 *
 * <p>A chain vouches for every line but its last: what was cut off at the end, or changed in the last line, does not show.
 *
 * @param chains one for each process, in the order in which they appear
 * @param faults in the order of their lines
 * @param untold how many more faults there are
 * @param lines of the stream
 * @param others those that are no audit lines
 */
public record ChainReport(List<Chain> chains, List<Fault> faults, long untold, long lines, long others) {
    public ChainReport {
        chains = List.copyOf(chains);
        faults = List.copyOf(faults);
    }

    /** Whether every chain is whole between its first line here and its last. */
    public boolean unbroken() {
        return faults.isEmpty() && untold == 0;
    }

    /**
     * The lines of one process.
     *
     * @param prefix what a collector put before its first line, such as the pod's name; mostly empty
     * @param firstSeq above 1 where earlier lines are not in the stream
     */
    public record Chain(
            String boot, String prefix, long lines, long firstSeq, long lastSeq, long firstLine, long lastLine) {
        public Chain {
            requireNonNull(boot);
            requireNonNull(prefix);
        }
    }

    /** What is wrong. */
    public enum FaultKind {
        /** Numbers that are nowhere in the stream. */
        MISSING("missing"),
        /** A line that the next one does not follow from. */
        CHANGED("changed"),
        /** A line that stands after a later one. */
        MOVED("moved"),
        /** A number that was there already. */
        REPEATED("repeated"),
        /** A line that calls itself an audit line and has no place in any chain. */
        UNREADABLE("unreadable");

        private final String word;

        FaultKind(String word) {
            this.word = word;
        }

        /** As it stands in reports. */
        public String word() {
            return word;
        }
    }

    /**
     * One fault.
     *
     * @param line where in the stream; of missing lines, the one after them
     * @param boot of which process; empty if the line does not tell
     * @param seq the number that is missing, or stands in the line; 0 if none does
     * @param sentence for people, without what the line says
     */
    public record Fault(FaultKind kind, long line, String boot, long seq, String sentence) {
        public Fault {
            requireNonNull(kind);
            requireNonNull(boot);
            requireNonNull(sentence);
        }
    }
}
