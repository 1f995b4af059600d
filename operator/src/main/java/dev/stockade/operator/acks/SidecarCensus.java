package dev.stockade.operator.acks;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.authority.Authority;
import dev.stockade.operator.authority.Census;
import dev.stockade.operator.authority.Der;
import dev.stockade.operator.snapshot.CompiledMesh;
import dev.stockade.operator.snapshot.TrustSource;
import dev.stockade.policy.MeshPod;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Counts who may still serve, out of the pods that have a sidecar and an address, and what the registry knows of them. One that
 * is not connected counts until its certificate has ended; where nobody knows that, until the longest has that the pod could
 * have been given before this was first asked.
 */
public final class SidecarCensus implements Census {
    private static final int REMEMBERED = 8;

    private final Supplier<CompiledMesh> mesh;
    private final Acknowledgements acknowledgements;
    private final Clock clock;
    private final Map<Object, Instant> asked = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Object, Instant> eldest) {
            return size() > REMEMBERED;
        }
    };

    /** @param mesh as the caches have it now */
    public SidecarCensus(Supplier<CompiledMesh> mesh, Acknowledgements acknowledgements, Clock clock) {
        this.mesh = requireNonNull(mesh);
        this.acknowledgements = requireNonNull(acknowledgements);
        this.clock = requireNonNull(clock);
    }

    @Override
    public List<String> notTrusting(long epoch) {
        return missing(epoch, report -> report.has(TrustSource.UID, epoch), SidecarRegistry::why);
    }

    @Override
    public List<String> notCertifiedBy(X509Certificate issuer) {
        String wanted = Der.sha256(issuer);
        return missing(
                wanted,
                report -> report.certificate()
                        .filter(shown -> shown.issuer().equals(wanted))
                        .isPresent(),
                SidecarCensus::uncertified);
    }

    private static String uncertified(Optional<SidecarReport> report) {
        return report.filter(SidecarReport::connected).isPresent()
                ? "its sidecar has not connected with a certificate of the new issuer yet"
                : SidecarRegistry.why(report);
    }

    @FunctionalInterface
    private interface Why {
        String of(Optional<SidecarReport> report);
    }

    private List<String> missing(Object question, Predicate<SidecarReport> done, Why why) {
        Instant since = since(question);
        CompiledMesh now = mesh.get();
        List<String> missing = new ArrayList<>();
        for (MeshPod pod : now.view().pods()) {
            if (!pod.injected() || pod.ips().isEmpty() || pod.finished()) {
                continue;
            }
            Optional<SidecarReport> report = acknowledgements.report(pod.uid());
            if (report.filter(done).isPresent()) {
                continue;
            }
            Optional<Instant> until = until(pod, report, now, since);
            if (report.filter(SidecarReport::connected).isPresent()) {
                missing.add(pod.reference() + ": " + why.of(report));
            } else if (until.filter(end -> end.isAfter(clock.instant())).isPresent()) {
                missing.add(pod.reference() + ": " + why.of(report) + ", and is waited for until " + until.get());
            }
        }
        return missing;
    }

    /** When the certificate that the pod may hold has ended; empty if it was never given one that anybody knows of. */
    private static Optional<Instant> until(
            MeshPod pod, Optional<SidecarReport> report, CompiledMesh mesh, Instant since) {
        Optional<Instant> known = report.flatMap(SidecarReport::certificate).map(ShownCertificate::ends);
        return known.or(() -> longest(pod, mesh).map(since::plus));
    }

    private static Optional<Duration> longest(MeshPod pod, CompiledMesh mesh) {
        Optional<Duration> agent = mesh.claims()
                .agent(pod)
                .map(identity -> identity.getSpec().certificate().duration());
        Optional<Duration> server = mesh.claims().server(pod).map(identity -> Authority.SERVER_LIFETIME);
        return agent.flatMap(a -> server.map(s -> a.compareTo(s) > 0 ? a : s).or(() -> agent))
                .or(() -> server);
    }

    /** A sidecar that this replica has not heard of may have been certified until the question arose. */
    private synchronized Instant since(Object question) {
        Instant first = asked.computeIfAbsent(question, q -> clock.instant());
        Instant collecting = acknowledgements.since();
        return first.isAfter(collecting) ? first : collecting;
    }
}
