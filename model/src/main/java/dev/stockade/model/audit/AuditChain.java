package dev.stockade.model.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.stockade.model.audit.AuditEvent.Phase;
import dev.stockade.model.json.JsonText;
import dev.stockade.model.policy.Decision;
import dev.stockade.model.policy.Decision.RuleReference;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Turns events into lines, each with its place in the chain: the process that wrote it, its number there, and the SHA-256 of
 * the line before. A line that is removed, changed or moved shows. Used by one thread.
 */
public final class AuditChain {
    /** {@code prev} of a process's first line. */
    public static final String FIRST = "0".repeat(64);

    private final String boot;
    private final MessageDigest sha256;
    private long seq;
    private String prev = FIRST;

    /** @param boot a random id of this process */
    public AuditChain(String boot) {
        this.boot = requireNonNull(boot);
        sha256 = sha256();
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("audit: SHA-256 is not available", e);
        }
    }

    /** Appends the event's line, with a line feed, to the buffer. */
    public void append(AuditEvent event, JsonText out) {
        int from = begin(event.time(), event.id(), event.phase(), out);
        text(out, "agent", event.parties().agent());
        text(out, "agentPod", event.parties().agentPod());
        text(out, "from", event.parties().from());
        text(out, "server", event.parties().server());
        text(out, "serverPod", event.parties().serverPod());
        text(out, "method", event.subject().method());
        text(out, "kind", event.subject().kind());
        text(out, "name", event.subject().name());
        text(out, "decision", event.ruling().verdict().word());
        if (event.ruling().reason().isPresent()) {
            text(out, "reason", event.ruling().reason().get().word());
        }
        by(out, event.ruling().by());
        if (event.shadow().isPresent()) {
            shadow(out, event.shadow().get());
        }
        out.raw(",\"generation\":").number(event.generation());
        switch (event.arguments()) {
            case RecordedArguments.None none -> {}
            case RecordedArguments.Digest digest -> text(out, "arguments", digest.text());
            case RecordedArguments.Full full -> {
                byte[] json = full.json().getBytes(UTF_8);
                out.raw(",\"arguments\":").raw(json, 0, json.length);
            }
        }
        number(out, "requestBytes", event.measures().requestBytes());
        number(out, "responseBytes", event.measures().responseBytes());
        number(out, "durationMicros", event.measures().durationMicros());
        if (event.measures().outcome().isPresent()) {
            text(out, "outcome", event.measures().outcome().get().word());
        }
        text(out, "traceId", event.traceId());
        text(out, "session", event.session());
        end(from, out);
    }

    /** Appends the line of a request for a certificate, with a line feed, to the buffer. */
    public void append(SigningEvent event, JsonText out) {
        int from = begin(event.time(), event.id(), Phase.DECISION, out);
        text(out, "agent", event.identity());
        text(out, "agentPod", event.pod());
        text(out, "from", event.from());
        text(out, "method", SigningEvent.METHOD);
        text(out, "proof", event.proof());
        text(out, "decision", event.verdict().word());
        text(out, "reason", event.reason());
        text(out, "why", event.why());
        if (event.count() > 0) {
            number(out, "count", event.count());
        }
        if (event.certificate().isPresent()) {
            SigningEvent.Issued issued = event.certificate().get();
            text(out, "certificate", issued.serial());
            out.raw(",\"until\":\"");
            time(issued.ends(), out);
            out.raw("\"");
        }
        end(from, out);
    }

    /** @return where in the buffer the line begins */
    private int begin(Instant time, UUID id, Phase phase, JsonText out) {
        int from = out.length();
        out.raw("{\"log\":\"audit\",\"time\":\"");
        time(time, out);
        out.raw("\",\"id\":").string(id.toString());
        out.raw(",\"phase\":\"").raw(phase.word()).raw("\",\"boot\":").string(boot);
        out.raw(",\"seq\":").number(++seq).raw(",\"prev\":\"").raw(prev).raw("\"");
        return from;
    }

    private void end(int from, JsonText out) {
        out.raw("}");
        sha256.update(out.array(), from, out.length() - from);
        prev = HexFormat.of().formatHex(sha256.digest());
        out.raw("\n");
    }

    private static void by(JsonText out, Optional<RuleReference> by) {
        if (by.isPresent()) {
            text(out, "policy", by.get().policy());
            text(out, "rule", by.get().rule());
        }
    }

    private static void shadow(JsonText out, Decision decision) {
        switch (decision) {
            case Decision.Allow allow -> {
                out.raw(",\"shadow\":{\"decision\":\"allow\"");
                by(out, allow.by());
            }
            case Decision.Deny deny -> {
                out.raw(",\"shadow\":{\"decision\":\"deny\"");
                text(out, "reason", deny.reason().word());
                by(out, deny.by());
            }
        }
        out.raw("}");
    }

    private static void text(JsonText out, String name, String value) {
        if (!value.isEmpty()) {
            out.raw(",\"").raw(name).raw("\":").string(value);
        }
    }

    private static void number(JsonText out, String name, long value) {
        if (value >= 0) {
            out.raw(",\"").raw(name).raw("\":").number(value);
        }
    }

    private static void time(Instant instant, JsonText out) {
        LocalDateTime utc = LocalDateTime.ofEpochSecond(instant.getEpochSecond(), instant.getNano(), ZoneOffset.UTC);
        digits(out, utc.getYear(), 4).raw("-");
        digits(out, utc.getMonthValue(), 2).raw("-");
        digits(out, utc.getDayOfMonth(), 2).raw("T");
        digits(out, utc.getHour(), 2).raw(":");
        digits(out, utc.getMinute(), 2).raw(":");
        digits(out, utc.getSecond(), 2).raw(".");
        digits(out, utc.getNano() / 1000, 6).raw("Z");
    }

    private static JsonText digits(JsonText out, int value, int width) {
        int unit = 1;
        for (int i = 1; i < width; i++) {
            unit *= 10;
        }
        for (; unit > 0; unit /= 10) {
            out.raw(DIGITS[value / unit % 10]);
        }
        return out;
    }

    private static final String[] DIGITS = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

    /**
     * Checks the lines of one process, from its first line or from any later one.
     *
     * @param lines without line feeds
     * @return the first fault, as a sentence; empty if there is none
     */
    public static Optional<String> fault(List<String> lines) {
        ChainVerifier verifier = new ChainVerifier();
        lines.forEach(line -> verifier.accept(line.getBytes(UTF_8)));
        ChainReport report = verifier.report();
        if (!report.faults().isEmpty()) {
            return Optional.of("audit " + report.faults().getFirst().sentence());
        }
        if (report.others() > 0) {
            return Optional.of(report.others() + " of the lines were not written by this log");
        }
        return report.chains().size() > 1
                ? Optional.of("audit line " + report.chains().get(1).firstLine() + " is of another process")
                : Optional.empty();
    }
}
