package dev.stockade.cli.status;

import static dev.stockade.crds.common.Condition.Status.FALSE;
import static dev.stockade.crds.common.Condition.Status.TRUE;
import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import dev.stockade.cli.status.Overview.Agent;
import dev.stockade.cli.status.Overview.Grant;
import dev.stockade.cli.status.Overview.Server;
import dev.stockade.cli.status.Overview.Trust;
import dev.stockade.cli.status.Trouble.Level;
import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.access.Mode;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.common.Condition;
import dev.stockade.crds.server.Enforcement;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.crds.trust.TrustedCertificate;
import dev.stockade.policy.Claims;
import dev.stockade.policy.Grants;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.MeshView;
import dev.stockade.policy.ResourceName;
import dev.stockade.policy.SuspendedBy;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Looks at all that was read. */
public final class Examining {
    /** Where there is no MeshTrust there are no identities either, and no name of theirs is shown. */
    private static final String NO_DOMAIN = "none";

    private final MeshReading reading;
    private final MeshView view;
    private final Grants grants;
    private final Claims claims;
    private final List<Trouble> troubles = new ArrayList<>();
    private final Map<ResourceName, List<String>> agentsOfServer = new HashMap<>();
    private final Map<ResourceName, List<String>> serversOfAgent = new HashMap<>();
    private final List<Grant> rows = new ArrayList<>();

    private Examining(MeshReading reading) {
        this.reading = requireNonNull(reading);
        this.view = new MeshView(
                reading.trust().map(t -> t.getSpec().trustDomain()).orElse(NO_DOMAIN),
                "cluster.local",
                reading.labelled(),
                reading.servers(),
                reading.agents(),
                reading.policies(),
                reading.trust(),
                reading.pods().orElse(List.of()),
                List.of(),
                Set.of());
        this.grants = Grants.of(view);
        this.claims = Claims.of(view);
    }

    /** The same reading gives the same overview, in whatever order its lists come. */
    public static Overview of(MeshReading reading) {
        return new Examining(reading).overview();
    }

    private Overview overview() {
        view.trust().ifPresentOrElse(this::trust, () -> {
            if (reading.unread().stream().noneMatch(s -> s.contains("meshtrusts"))) {
                trouble(
                        Level.SEVERE,
                        "MeshTrust default",
                        "does not exist, so nobody has an identity. The chart creates it: helm upgrade"
                                + " the release.");
            }
        });
        grants();
        List<Server> servers = view.servers().stream()
                .filter(this::asked)
                .map(this::server)
                .sorted(Comparator.comparing((Server s) -> s.ready().equals("True"))
                        .thenComparing(s -> !s.observes()))
                .toList();
        List<Agent> agents = view.agents().stream()
                .filter(this::asked)
                .map(this::agent)
                .sorted(Comparator.comparing((Agent a) -> a.ready().equals("True"))
                        .thenComparing(a -> !a.suspended()))
                .toList();
        view.policies().stream().filter(this::asked).forEach(this::policy);
        unclaimed();
        troubles.sort(Comparator.comparing(Trouble::level));
        return new Overview(view.trust().map(Examining::trustRow), troubles, servers, agents, rows, reading.unread());
    }

    private boolean asked(HasMetadata resource) {
        return asked(resource.getMetadata().getNamespace());
    }

    private boolean asked(String namespace) {
        return reading.only().isEmpty() || reading.only().get().equals(namespace);
    }

    private void trouble(Level level, String about, String sentence) {
        troubles.add(new Trouble(level, about, sentence));
    }

    private void trust(MeshTrust trust) {
        var status = trust.getStatus();
        ready(
                Level.SEVERE,
                "MeshTrust default",
                trust,
                status.observedGeneration(),
                new Conditions(status.conditions()));
    }

    private static Trust trustRow(MeshTrust trust) {
        var status = trust.getStatus();
        return new Trust(
                trust.getSpec().trustDomain(),
                new Conditions(status.conditions()).word("Ready"),
                status.step(),
                status.issuers().stream()
                        .findFirst()
                        .map(TrustedCertificate::notAfter)
                        .orElse(""),
                status.roots().stream()
                        .findFirst()
                        .map(TrustedCertificate::notAfter)
                        .orElse(""));
    }

    private void grants() {
        Map<ResourceName, McpAccessPolicy> policies =
                view.policies().stream().collect(Collectors.toMap(ResourceName::of, p -> p));
        Map<ResourceName, AgentIdentity> agents = new TreeMap<>();
        view.agents().forEach(a -> agents.put(ResourceName.of(a), a));
        for (SecureMcpServer server : view.servers()) {
            ResourceName serverName = ResourceName.of(server);
            agents.forEach((agentName, agent) -> grants.access(agent, server).ifPresent(access -> {
                if (grants.granted(agent, server) && !access.suspended()) {
                    agentsOfServer
                            .computeIfAbsent(serverName, n -> new ArrayList<>())
                            .add(agentName.toString());
                }
                if (grants.granted(agent, server)) {
                    serversOfAgent
                            .computeIfAbsent(agentName, n -> new ArrayList<>())
                            .add(serverName.toString());
                }
                if (asked(server) || asked(agent)) {
                    rows.add(GrantText.of(
                            agentName.toString(),
                            serverName.toString(),
                            access.suspended(),
                            access.policies().stream()
                                    .map(p -> requireNonNull(policies.get(new ResourceName(p.namespace(), p.name()))))
                                    .toList()));
                }
            }));
        }
    }

    private Server server(SecureMcpServer server) {
        String about = "SecureMcpServer " + ResourceName.of(server);
        var status = server.getStatus();
        Conditions conditions = new Conditions(status.conditions());
        boolean open = conditions.is("MeshOnly", FALSE);
        boolean ready =
                ready(open ? Level.SEVERE : Level.WRONG, about, server, status.observedGeneration(), conditions);
        List<MeshPod> pods = living(claims.pods(server));
        withoutSidecar(about, ready, pods, server.getSpec().serviceAccountName());
        boolean observes = server.getSpec().enforcement() == Enforcement.OBSERVE;
        if (observes) {
            trouble(
                    Level.NOTICE,
                    about,
                    "OBSERVES: it lets every agent of the mesh through and only records what policy would refuse. Enforce"
                            + " with spec.enforcement: Enforce.");
        }
        int count = reading.pods().isPresent() ? pods.size() : status.pods();
        List<String> agents = agentsOfServer.getOrDefault(ResourceName.of(server), List.of());
        if (ready && count == 0) {
            trouble(
                    Level.NOTICE,
                    about,
                    "selects no pod. Compare spec.selector and spec.serviceAccountName with the pods.");
        } else if (ready && !conditions.is("MeshOnly", TRUE)) {
            trouble(
                    Level.NOTICE,
                    about,
                    "is not proven to be reachable through the mesh alone: "
                            + conditions.of("MeshOnly").map(Condition::message).orElse("nothing was tried yet."));
        }
        if (agents.isEmpty() && reading.whole()) {
            trouble(Level.NOTICE, about, "may be called by no agent. Grant with an McpAccessPolicy in its namespace.");
        }
        return new Server(
                ResourceName.of(server).toString(),
                conditions.word("Ready"),
                count,
                withSidecar(pods),
                status.sidecars(),
                conditions.word("MeshOnly"),
                observes,
                agents);
    }

    private Agent agent(AgentIdentity agent) {
        String about = "AgentIdentity " + ResourceName.of(agent);
        var status = agent.getStatus();
        Conditions conditions = new Conditions(status.conditions());
        boolean ready = ready(Level.WRONG, about, agent, status.observedGeneration(), conditions);
        List<MeshPod> pods = living(claims.pods(agent));
        withoutSidecar(about, ready, pods, agent.getSpec().serviceAccountName());
        SuspendedBy.of(agent, view.trust())
                .ifPresent(by -> trouble(Level.NOTICE, about, "is SUSPENDED. " + by.sentence()));
        int count = reading.pods().isPresent() ? pods.size() : status.pods();
        List<String> servers = serversOfAgent.getOrDefault(ResourceName.of(agent), List.of());
        if (ready && count == 0) {
            trouble(
                    Level.NOTICE,
                    about,
                    "selects no pod. Compare spec.serviceAccountName and spec.selector with the pods.");
        }
        if (servers.isEmpty() && reading.whole()) {
            trouble(
                    Level.NOTICE,
                    about,
                    "is granted nothing at the servers that it takes. An McpAccessPolicy beside a server names it, and its"
                            + " spec.servers takes the server.");
        }
        return new Agent(
                ResourceName.of(agent).toString(),
                conditions.word("Ready"),
                count,
                withSidecar(pods),
                status.sidecars(),
                grants.suspended(agent),
                servers);
    }

    private void policy(McpAccessPolicy policy) {
        String about = "McpAccessPolicy " + ResourceName.of(policy);
        var status = policy.getStatus();
        boolean said =
                !ready(Level.WRONG, about, policy, status.observedGeneration(), new Conditions(status.conditions()));
        Grants.Resolution resolution = grants.resolution(policy);
        if (reading.whole() && !said) {
            resolution.unresolved().forEach(sentence -> trouble(Level.WRONG, about, sentence + "."));
        }
        if (reading.whole()) {
            resolution.notes().forEach(sentence -> trouble(Level.NOTICE, about, sentence + "."));
        }
        if (policy.getSpec().mode() == Mode.SHADOW) {
            trouble(
                    Level.NOTICE,
                    about,
                    "is in SHADOW: it only records what it would say. Enforce with spec.mode: Enforce.");
        }
    }

    /** Tells of a resource that is not ready; whether it is. */
    private boolean ready(Level level, String about, HasMetadata resource, long observed, Conditions conditions) {
        long generation = requireNonNullElse(resource.getMetadata().getGeneration(), 0L);
        var ready = conditions.of("Ready");
        if (ready.isEmpty() || observed < generation) {
            trouble(
                    Level.WRONG,
                    about,
                    (ready.isEmpty()
                                    ? "is not seen by the operator yet."
                                    : "was changed, and the operator has not said what came of it: generation "
                                            + observed + " of " + generation + ".")
                            + " If it stays so, the operator's log says why.");
            return false;
        }
        if (ready.get().status() != TRUE) {
            trouble(level, about, ready.get().reason() + ": " + ready.get().message());
            return false;
        }
        return true;
    }

    private static List<MeshPod> living(List<MeshPod> pods) {
        return pods.stream().filter(p -> !p.terminating()).toList();
    }

    private OptionalInt withSidecar(List<MeshPod> pods) {
        return reading.pods().isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of((int) pods.stream().filter(MeshPod::injected).count());
    }

    /** Where the operator says it, its own words are enough. */
    private void withoutSidecar(String about, boolean ready, List<MeshPod> pods, String serviceAccount) {
        List<String> bare =
                pods.stream().filter(p -> !p.injected()).map(MeshPod::name).toList();
        if (ready && !bare.isEmpty()) {
            trouble(
                    Level.WRONG,
                    about,
                    bare.size() + " of " + pods.size() + " pods of service account " + serviceAccount
                            + " have no sidecar: " + Names.first(bare)
                            + ". Restart what made them, or set spec.restart: Evict.");
        }
    }

    private void unclaimed() {
        Map<String, List<String>> byNamespace = new TreeMap<>();
        for (MeshPod pod : view.pods()) {
            if (pod.injected()
                    && !pod.terminating()
                    && !pod.finished()
                    && asked(pod.namespace())
                    && claims.server(pod).isEmpty()
                    && claims.agent(pod).isEmpty()) {
                byNamespace
                        .computeIfAbsent(pod.namespace(), n -> new ArrayList<>())
                        .add(pod.name());
            }
        }
        byNamespace.forEach((namespace, pods) -> trouble(
                Level.NOTICE,
                "Namespace " + namespace,
                pods.size() + (pods.size() == 1 ? " pod has" : " pods have")
                        + " a sidecar and no AgentIdentity or SecureMcpServer that selects them, and wait: "
                        + Names.first(pods)
                        + "."));
    }
}
