package dev.stockade.cli.doctor;

import static dev.stockade.cli.doctor.Finding.fail;
import static dev.stockade.cli.doctor.Finding.ok;
import static dev.stockade.cli.doctor.Finding.warn;
import static dev.stockade.cli.doctor.Labels.each;

import dev.stockade.cli.status.Conditions;
import dev.stockade.cli.status.Names;
import dev.stockade.crds.common.Condition;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.crds.trust.MeshTrustSpec;
import dev.stockade.crds.trust.TrustedCertificate;
import dev.stockade.policy.MeshLabel;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.ResourceName;
import dev.stockade.policy.Selectors;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;

/** The certificate authority, the namespaces, the sidecars and the network between them. */
final class MeshChecks {
    private static final int LAST_PART = 10;
    private static final Duration FOREIGN_LIFETIME = Duration.ofDays(20);
    private static final Duration SKEW_WARN = Duration.ofSeconds(30);
    private static final Duration SKEW_FAIL = Duration.ofMinutes(5);
    private static final int CONTROL = 15010;
    private static final int INBOUND = 15008;
    private static final int DNS = 53;

    private final Installation installation;

    MeshChecks(Installation installation) {
        this.installation = installation;
    }

    List<Finding> all() {
        return List.of(
                installation.trust().check("trust", this::trust),
                installation.caSecret().check("ca-secret", MeshChecks::secret),
                installation.skew().check("clock", MeshChecks::clock),
                installation.namespaces().check("namespaces", this::namespaces),
                installation.servers().check("mesh-only", MeshChecks::meshOnly),
                installation.pods().check("sidecar-version", this::sidecars),
                installation
                        .pods()
                        .and(installation.policies().and(installation.namespaces(), Egress::of), this::egress)
                        .check("egress", Function.identity()));
    }

    private Finding trust(Optional<MeshTrust> found) {
        if (found.isEmpty()) {
            return fail(
                    "trust",
                    "There is no MeshTrust default, so nobody has an identity. The chart creates it: helm upgrade the"
                            + " release.");
        }
        var status = found.get().getStatus();
        Optional<Condition> ready = new Conditions(status.conditions()).of("Ready");
        if (ready.isEmpty() || ready.get().status() != Condition.Status.TRUE) {
            return fail(
                    "trust",
                    "MeshTrust default is not ready"
                            + ready.map(c -> ": " + c.reason() + ": " + c.message())
                                    .orElse(" yet; see the operator's log."));
        }
        for (TrustedCertificate certificate : status.roots()) {
            if (ends(certificate, lifetime(found.get(), MeshTrustSpec::rootDuration))) {
                return fail(
                        "trust",
                        "A root ends at " + certificate.notAfter()
                                + ". Rotate it (docs/ca.md) before every connection fails.");
            }
        }
        Optional<TrustedCertificate> issuer = status.issuers().stream().findFirst();
        if (issuer.isPresent() && ends(issuer.get(), lifetime(found.get(), MeshTrustSpec::issuerDuration))) {
            return fail(
                    "trust",
                    "The issuer ends at " + issuer.get().notAfter()
                            + " and should have been replaced. See the operator's log.");
        }
        return ok("trust", "The certificate authority is usable and is not about to end.");
    }

    /** A tenth of its life is left, which is long after it should have been replaced. */
    private boolean ends(TrustedCertificate certificate, Duration lifetime) {
        try {
            return Instant.parse(certificate.notAfter())
                    .isBefore(installation.now().plus(lifetime.dividedBy(LAST_PART)));
        } catch (DateTimeParseException e) {
            return true;
        }
    }

    /** Of an existing CA nobody here knows it. */
    private static Duration lifetime(MeshTrust trust, Function<MeshTrustSpec, Duration> of) {
        return trust.getSpec().caSecretRef() == null ? of.apply(trust.getSpec()) : FOREIGN_LIFETIME;
    }

    private static Finding secret(boolean there) {
        return there
                ? ok("ca-secret", "The certificate authority's Secret is there.")
                : fail(
                        "ca-secret",
                        "The certificate authority's Secret is gone: the operator makes no new one over an identity"
                                + " that is in use. Restore it from a backup, or follow docs/ca.md.");
    }

    private static Finding clock(Duration skew) {
        Duration size = skew.abs();
        String sentence = "This machine's clock and the API server's differ by " + size.toSeconds() + " s";
        if (size.compareTo(SKEW_WARN) <= 0) {
            return ok("clock", sentence + ".");
        }
        sentence += ". Certificates are short-lived: set both by NTP, and see to the clocks of the nodes.";
        return size.compareTo(SKEW_FAIL) <= 0 ? warn("clock", sentence) : fail("clock", sentence);
    }

    private Finding namespaces(List<Namespace> all) {
        List<String> labelled = all.stream()
                .filter(MeshLabel::isOn)
                .map(n -> n.getMetadata().getName())
                .sorted()
                .toList();
        List<String> never = labelled.stream()
                .filter(n -> n.equals("kube-system") || n.equals(installation.namespace()))
                .toList();
        if (!never.isEmpty()) {
            return warn(
                    "namespaces",
                    Names.first(never) + " is labelled stockade.dev/mesh and stays outside all the same, since"
                            + " nothing there may depend on the operator. Take the label away.");
        }
        List<String> unlabelled = Stream.<HasMetadata>concat(
                        installation.servers().or(List.of()).stream(), installation.agents().or(List.of()).stream())
                .map(r -> r.getMetadata().getNamespace())
                .filter(n -> !labelled.contains(n))
                .distinct()
                .sorted()
                .toList();
        if (!unlabelled.isEmpty()) {
            return fail(
                    "namespaces",
                    "Servers or agents are declared where no pod gets a sidecar, in " + Names.first(unlabelled)
                            + ": kubectl label namespace " + unlabelled.getFirst() + " stockade.dev/mesh=enabled");
        }
        return labelled.isEmpty()
                ? warn("namespaces", "No namespace is labelled: kubectl label namespace NAME stockade.dev/mesh=enabled")
                : ok("namespaces", labelled.size() + " in the mesh: " + Names.first(labelled) + ".");
    }

    private static Finding meshOnly(List<SecureMcpServer> servers) {
        List<String> open = with(servers, Condition.Status.FALSE);
        if (!open.isEmpty()) {
            return fail(
                    "mesh-only",
                    Names.first(open) + " can be reached around the sidecar. Most often the cluster's network ignores"
                            + " NetworkPolicies: see docs/mesh-only.md.");
        }
        List<String> unproven = with(servers, Condition.Status.UNKNOWN);
        return unproven.isEmpty()
                ? ok("mesh-only", "No server is known to be reachable around its sidecar.")
                : warn(
                        "mesh-only",
                        Names.first(unproven)
                                + " is not proven to be reachable through the mesh alone. See: kubectl stockade"
                                + " status");
    }

    private static List<String> with(List<SecureMcpServer> servers, Condition.Status status) {
        return servers.stream()
                .filter(s -> new Conditions(s.getStatus().conditions()).is("MeshOnly", status))
                .map(s -> ResourceName.of(s).toString())
                .sorted()
                .toList();
    }

    private Finding sidecars(List<Pod> pods) {
        Optional<String> wanted = installation.deployment().or(Optional.empty()).stream()
                .flatMap(d -> d.getSpec().getTemplate().getSpec().getContainers().stream())
                .flatMap(c -> each(c.getEnv()).stream())
                .filter(e -> "STOCKADE_SIDECAR_IMAGE".equals(e.getName()))
                .map(EnvVar::getValue)
                .findFirst();
        if (wanted.isEmpty()) {
            return Finding.unknown("sidecar-version", "Which sidecar the operator injects could not be read.");
        }
        List<String> other = pods.stream()
                .filter(p -> sidecar(p)
                        .filter(c -> !wanted.get().equals(c.getImage()))
                        .isPresent())
                .map(MeshChecks::name)
                .toList();
        return other.isEmpty()
                ? ok("sidecar-version", "Every sidecar is " + wanted.get() + ".")
                : warn(
                        "sidecar-version",
                        other.size() + " pods have another sidecar than " + wanted.get() + ": " + Names.first(other)
                                + ". They keep working; restart what made them to bring them up to date.");
    }

    private static Optional<Container> sidecar(Pod pod) {
        return each(pod.getSpec().getInitContainers()).stream()
                .filter(c -> MeshPod.SIDECAR.equals(c.getName()))
                .findFirst();
    }

    private static String name(Pod pod) {
        return pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName();
    }

    private Finding egress(List<Pod> pods, Egress egress) {
        List<Pod> operators = installation.operatorPods().or(List.of());
        List<Pod> servers = pods.stream().filter(this::isServer).toList();
        TreeSet<String> cut = new TreeSet<>();
        for (Pod pod : pods) {
            if (sidecar(pod).isEmpty() || !egress.restricted(pod)) {
                continue;
            }
            List<String> lacking = new ArrayList<>();
            if (!egress.reachesSomewhere(pod, "UDP", DNS)) {
                lacking.add("DNS (UDP 53)");
            }
            if (operators.stream().anyMatch(o -> !egress.reaches(pod, o, "TCP", CONTROL))) {
                lacking.add("the operator (TCP 15010)");
            }
            if (isAgent(pod) && servers.stream().anyMatch(s -> !egress.reaches(pod, s, "TCP", INBOUND))) {
                lacking.add("servers (TCP 15008)");
            }
            if (!lacking.isEmpty()) {
                cut.add("pods of " + pod.getMetadata().getNamespace() + " do not reach " + String.join(", ", lacking));
            }
        }
        return cut.isEmpty()
                ? ok("egress", "No NetworkPolicy keeps a sidecar from the operator, from servers or from DNS.")
                : fail(
                        "egress",
                        "NetworkPolicies cut sidecars off: " + Names.first(List.copyOf(cut))
                                + ". Allow that egress: see docs/troubleshooting.md.");
    }

    private boolean isServer(Pod pod) {
        MeshPod seen = MeshPod.of(pod);
        return installation.servers().or(List.of()).stream().anyMatch(s -> Selectors.selects(s, seen));
    }

    private boolean isAgent(Pod pod) {
        MeshPod seen = MeshPod.of(pod);
        return installation.agents().or(List.of()).stream().anyMatch(a -> Selectors.selects(a, seen));
    }
}
