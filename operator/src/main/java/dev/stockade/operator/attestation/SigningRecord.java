package dev.stockade.operator.attestation;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.attestation.Refusal.Answer;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes down who got a certificate and who did not: a line of the operator's log, a counter by reason, and an event on the pod
 * where its owner looks first. What only has to wait is said once a minute, every refusal each time.
 */
public final class SigningRecord implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SigningRecord.class);
    private static final Duration QUIET = Duration.ofMinutes(1);
    private static final Duration BETWEEN_EVENTS = Duration.ofMinutes(5);
    private static final int REMEMBERED = 10_000;
    private static final int EVENTS_AT_A_TIME = 8;

    private final KubernetesClient client;
    private final MeterRegistry meters;
    private final Clock clock;
    private final String instance;
    private final Map<String, Instant> logged = new ConcurrentHashMap<>();
    private final Map<String, Instant> announced = new ConcurrentHashMap<>();
    private final Semaphore places = new Semaphore(EVENTS_AT_A_TIME);
    private final ExecutorService events = Executors.newVirtualThreadPerTaskExecutor();

    /** @param instance the operator's pod, as the events' reporting instance */
    public SigningRecord(KubernetesClient client, MeterRegistry meters, String instance, Clock clock) {
        this.client = requireNonNull(client);
        this.meters = requireNonNull(meters);
        this.instance = requireNonNull(instance);
        this.clock = requireNonNull(clock);
    }

    /** The pod that asked, as far as a token has proven it. */
    public record Caller(String namespace, String name, String uid) {}

    /** A certificate was issued. */
    public void signed(Caller caller, String spiffeId, InetAddress peer) {
        meters.counter("stockade.sign.issued").increment();
        log.atInfo()
                .addKeyValue("event", "signed")
                .addKeyValue("spiffeId", spiffeId)
                .addKeyValue("pod", caller.namespace() + "/" + caller.name())
                .addKeyValue("podUid", caller.uid())
                .addKeyValue("peer", peer.getHostAddress())
                .log("certificate issued");
    }

    /** None was issued. */
    public void refused(Refusal refusal, Optional<Caller> caller, InetAddress peer) {
        String reason = refusal.reason().word();
        meters.counter("stockade.sign.refused", "reason", reason).increment();
        String key = caller.map(Caller::uid).orElseGet(peer::getHostAddress) + "/" + reason;
        boolean passing = refusal.reason().answer() == Answer.WAIT
                || refusal.reason().answer() == Answer.UNAVAILABLE
                || refusal.reason().answer() == Answer.EXHAUSTED;
        if (!passing || due(logged, key, QUIET)) {
            (passing ? log.atInfo() : log.atWarn())
                    .addKeyValue("event", "sign_refused")
                    .addKeyValue("reason", reason)
                    .addKeyValue(
                            "pod",
                            caller.map(c -> c.namespace() + "/" + c.name()).orElse(""))
                    .addKeyValue("podUid", caller.map(Caller::uid).orElse(""))
                    .addKeyValue("peer", peer.getHostAddress())
                    .addKeyValue("why", refusal.sentence())
                    .log("certificate refused");
        }
        if (caller.isPresent()
                && refusal.reason() != Refusal.Reason.NO_ADDRESS_YET
                && due(announced, key, BETWEEN_EVENTS)) {
            announce(refusal, caller.get());
        }
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
        events.execute(() -> {
            try {
                client.resource(event(refusal, caller)).create();
            } catch (KubernetesClientException e) {
                log.atDebug().addKeyValue("code", e.getCode()).log("an event could not be written");
            } finally {
                places.release();
            }
        });
    }

    private Event event(Refusal refusal, Caller caller) {
        boolean waits = refusal.reason().answer() == Answer.WAIT;
        String now = DateTimeFormatter.ISO_INSTANT.format(
                clock.instant().atOffset(ZoneOffset.UTC).withNano(0).toInstant());
        return new EventBuilder()
                .withNewMetadata()
                .withNamespace(caller.namespace())
                .withName(caller.name() + "." + UUID.randomUUID().toString().substring(0, 13))
                .endMetadata()
                .withType(waits ? "Normal" : "Warning")
                .withReason(waits ? "WaitingForIdentity" : "CertificateRefused")
                .withMessage(refusal.sentence())
                .withNewInvolvedObject()
                .withApiVersion("v1")
                .withKind("Pod")
                .withNamespace(caller.namespace())
                .withName(caller.name())
                .withUid(caller.uid())
                .endInvolvedObject()
                .withFirstTimestamp(now)
                .withLastTimestamp(now)
                .withCount(1)
                .withNewSource()
                .withComponent("stockade-operator")
                .endSource()
                .withReportingComponent("stockade.dev/operator")
                .withReportingInstance(instance)
                .withAction("Sign")
                .build();
    }

    @Override
    public void close() {
        events.shutdownNow();
    }
}
