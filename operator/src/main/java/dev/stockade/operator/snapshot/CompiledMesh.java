package dev.stockade.operator.snapshot;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.policy.Claims;
import dev.stockade.policy.Grants;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.MeshView;
import dev.stockade.policy.ResourceName;
import dev.stockade.wire.control.v1.Snapshot;
import dev.stockade.wire.control.v1.TrustBundle;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;

/**
 * The snapshots of one view. Claims and grants are made once; a snapshot is compiled when first asked for, and once for all
 * pods that hold the same identities, so that a thousand replicas cost as much as one. Immutable to the outside, and safe for
 * use by many threads.
 */
public final class CompiledMesh {
    private final MeshView view;
    private final Claims claims;
    private final Grants grants;
    private final TrustBundle trust;
    private final Function<ResourceName, ServerKeys> keys;
    private final Generations generations;
    private final ConcurrentMap<Roles, Snapshot> compiled = new ConcurrentHashMap<>();

    private record Roles(Optional<ResourceName> server, Optional<ResourceName> agent) {}

    /** @param keys what the sidecars of a server share */
    public CompiledMesh(
            MeshView view, TrustBundle trust, Function<ResourceName, ServerKeys> keys, Generations generations) {
        this(view, trust, keys, generations, new CompiledPolicies());
    }

    /** @param policies remembers the policies of the former mesh */
    CompiledMesh(
            MeshView view,
            TrustBundle trust,
            Function<ResourceName, ServerKeys> keys,
            Generations generations,
            CompiledPolicies policies) {
        this.view = requireNonNull(view);
        this.trust = requireNonNull(trust);
        this.keys = requireNonNull(keys);
        this.generations = requireNonNull(generations);
        this.claims = Claims.of(view);
        this.grants = Grants.of(view, policies::compile);
    }

    public MeshView view() {
        return view;
    }

    public Claims claims() {
        return claims;
    }

    public Grants grants() {
        return grants;
    }

    /** Whom the sidecars are to believe. */
    public TrustBundle trust() {
        return trust;
    }

    /** The pod, if the view has it. */
    public Optional<MeshPod> pod(String uid) {
        return view.pod(uid);
    }

    /** What the pod's sidecar is to know; with no server and no agent in it if the pod holds no identity. */
    public PodSnapshot snapshot(MeshPod pod) {
        Roles roles = new Roles(
                claims.server(pod).map(ResourceName::of), claims.agent(pod).map(ResourceName::of));
        Snapshot shared = compiled.computeIfAbsent(roles, r -> compile(claims.server(pod), claims.agent(pod)));
        return new PodSnapshot(
                pod.terminating() ? shared.toBuilder().setDraining(true).build() : shared);
    }

    private Snapshot compile(Optional<SecureMcpServer> server, Optional<AgentIdentity> agent) {
        Sources sources = new Sources();
        view.trust().ifPresent(sources::add);
        Snapshot.Builder snapshot = Snapshot.newBuilder().setTrust(trust);
        server.ifPresent(s -> snapshot.setServer(
                new ServerSnapshot(view, claims, grants).compile(s, keys.apply(ResourceName.of(s)), sources)));
        agent.ifPresent(a -> snapshot.setAgent(new AgentSnapshot(view, claims, grants).compile(a, sources)));
        sources.add(TrustSource.of(trust.getEpoch()));
        snapshot.addAllSources(sources.sorted());
        String version = SnapshotVersion.of(snapshot.build());
        return snapshot.setVersion(version)
                .setGeneration(generations.of(version, sources.highestResourceVersion()))
                .build();
    }
}
