package dev.stockade.operator.attestation;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.audit.SigningEvent;
import dev.stockade.operator.attestation.Refusal.Answer;
import dev.stockade.operator.attestation.Refusal.Reason;
import dev.stockade.operator.status.EventDraft;
import dev.stockade.operator.status.EventReason;
import dev.stockade.operator.status.EventWriter;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.OutputStream;
import java.net.InetAddress;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * Writes down who got a certificate and who did not: a line of the audit log, a counter by reason, and, of a refusal, an event
 * on the pod, where its owner looks first. What a sidecar only has to wait for is recorded once a minute, every other refusal
 * each time. Never a token or a key.
 */
public final class SigningRecord implements AutoCloseable {
    private static final Duration QUIET = Duration.ofMinutes(1);
    private static final Duration BETWEEN_EVENTS = Duration.ofMinutes(5);
    private static final int REMEMBERED = 10_000;
    private static final int EVENTS_AT_A_TIME = 8;

    private final EventWriter events;
    private final Clock clock;
    private final SigningAudit audit;
    private final Counter issued;
    private final Map<Reason, Counter> refused = new EnumMap<>(Reason.class);
    private final Map<String, Instant> recorded = new ConcurrentHashMap<>();
    private final Map<String, Instant> announced = new ConcurrentHashMap<>();
    private final Semaphore places = new Semaphore(EVENTS_AT_A_TIME);
    private final ExecutorService announcer = Executors.newVirtualThreadPerTaskExecutor();

    /**
     * Writes its audit lines on standard output.
     *
     * @param instance the operator's pod, as the events' reporting instance
     */
    public SigningRecord(KubernetesClient client, MeterRegistry meters, String instance, Clock clock) {
        this(client, meters, instance, clock, SigningAudit.standardOutput());
    }

    /** @param lines where the audit lines go */
    public SigningRecord(
            KubernetesClient client, MeterRegistry meters, String instance, Clock clock, OutputStream lines) {
        this.events = new EventWriter(client, instance, clock);
        this.clock = requireNonNull(clock);
        this.audit = new SigningAudit(lines, SigningAudit.CAPACITY, clock);
        this.issued = Counter.builder("stockade.sign.issued")
                .description("Certificates issued to pods")
                .register(meters);
        // All of them from the start: a counter that appears with its first refusal has no rate before the second.
        for (Reason reason : Reason.values()) {
            refused.put(
                    reason,
                    Counter.builder("stockade.sign.refused")
                            .description("Requests for certificates that were refused")
                            .tag("reason", reason.word())
                            .register(meters));
        }
        FunctionCounter.builder("stockade.sign.audit.lines", audit, SigningAudit::written)
                .description("Audit lines of certificates and refusals that were written")
                .register(meters);
        FunctionCounter.builder("stockade.sign.audit.lost", audit, SigningAudit::lost)
                .description("Certificates and refusals whose audit line found no room or could not be written")
                .register(meters);
    }

    /** The pod that asked, as far as a token has proven it. */
    public record Caller(String namespace, String name, String uid) {
        String reference() {
            return namespace + "/" + name;
        }

        ObjectReference pod() {
            return new ObjectReferenceBuilder()
                    .withApiVersion("v1")
                    .withKind("Pod")
                    .withNamespace(namespace)
                    .withName(name)
                    .withUid(uid)
                    .build();
        }
    }

    /** A certificate was issued. */
    public void signed(Caller caller, String spiffeId, X509Certificate certificate, InetAddress peer, boolean shown) {
        issued.increment();
        audit.issued(
                spiffeId,
                caller.reference(),
                peer.getHostAddress(),
                proof(shown),
                new SigningEvent.Issued(
                        certificate.getSerialNumber().toString(16),
                        certificate.getNotAfter().toInstant()));
    }

    /**
     * None was issued.
     *
     * @param shown whether the request came with the certificate that the pod holds
     */
    public void refused(Refusal refusal, Optional<Caller> caller, InetAddress peer, boolean shown) {
        String reason = refusal.reason().word();
        requireNonNull(refused.get(refusal.reason())).increment();
        String key = caller.map(Caller::uid).orElseGet(peer::getHostAddress) + "/" + reason;
        boolean passing =
                refusal.reason().answer() == Answer.WAIT || refusal.reason().answer() == Answer.UNAVAILABLE;
        if (!passing || due(recorded, key, QUIET)) {
            audit.refused(
                    refusal.identity(),
                    caller.map(Caller::reference).orElse(""),
                    peer.getHostAddress(),
                    caller.isPresent() ? proof(shown) : "",
                    reason,
                    refusal.sentence());
        }
        if (caller.isPresent() && refusal.reason() != Reason.NO_ADDRESS_YET && due(announced, key, BETWEEN_EVENTS)) {
            announce(refusal, caller.get());
        }
    }

    private static String proof(boolean shown) {
        return shown ? "token+certificate" : "token";
    }

    private boolean due(Map<String, Instant> last, String key, Duration pause) {
        Instant now = clock.instant();
        if (last.size() > REMEMBERED) {
            last.values().removeIf(at -> at.plus(pause).isBefore(now));
        }
        boolean[] due = new boolean[1];
        last.compute(key, (k, at) -> {
            due[0] = at == null || at.plus(pause).isBefore(now);
            return due[0] ? now : at;
        });
        return due[0];
    }

    private void announce(Refusal refusal, Caller caller) {
        if (!places.tryAcquire()) {
            return;
        }
        boolean waits = refusal.reason().answer() == Answer.WAIT;
        EventDraft draft = EventDraft.of(
                caller.pod(),
                waits ? EventReason.WAITING_FOR_IDENTITY : EventReason.CERTIFICATE_REFUSED,
                refusal.sentence());
        announcer.execute(() -> {
            try {
                events.write(draft);
            } finally {
                places.release();
            }
        });
    }

    @Override
    public void close() {
        announcer.shutdownNow();
        audit.close();
    }
}
