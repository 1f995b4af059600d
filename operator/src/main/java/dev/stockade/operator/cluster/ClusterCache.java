package dev.stockade.operator.cluster;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.policy.MeshLabel;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.MeshView;
import dev.stockade.policy.ResourceName;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The informers of this replica and the picture that they make. Safe for use by many threads; listeners are called one after
 * the other, a few milliseconds after a burst of changes began.
 */
public final class ClusterCache implements AutoCloseable {
    /** Pods that have the sidecar. */
    public static final String SIDECAR_LABEL = "stockade.dev/sidecar";

    private static final Logger log = LoggerFactory.getLogger(ClusterCache.class);
    private static final long BURST_MILLIS = 5;
    private static final long STORING_MILLIS = 50;

    private final String trustDomain;
    private final String clusterDomain;
    private final WatchedKind<SecureMcpServer> servers;
    private final WatchedKind<AgentIdentity> agents;
    private final WatchedKind<McpAccessPolicy> policies;
    private final WatchedKind<MeshTrust> trusts;
    private final WatchedKind<Pod> pods;
    private final WatchedKind<Service> services;
    private final WatchedKind<Namespace> namespaces;
    private final WatchedKind<ServiceAccount> serviceAccounts;
    private final List<WatchedKind<?>> kinds;

    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final AtomicBoolean announced = new AtomicBoolean();
    private final ScheduledExecutorService bell = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("cluster-cache").daemon().factory());
    private final ScheduledExecutorService polls = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("cluster-freshness").daemon().factory());

    /** Grows with every change, so that a picture tells whether it is from before one. */
    private final AtomicLong changes = new AtomicLong();

    private volatile @Nullable Made made;
    private Map<String, ConvertedPod> converted = Map.of();
    private long sequence;

    /** @param changes how many there were before the picture was begun */
    private record Made(long changes, Picture picture) {}

    private record ConvertedPod(String resourceVersion, MeshPod pod) {}

    /** Nothing is asked before {@link #start}. */
    public ClusterCache(KubernetesClient client, String trustDomain, String clusterDomain, Clock clock) {
        this.trustDomain = requireNonNull(trustDomain);
        this.clusterDomain = requireNonNull(clusterDomain);
        Kinds make = new Kinds(client, clock);
        servers = make.ours(SecureMcpServer.class, "securemcpservers");
        agents = make.ours(AgentIdentity.class, "agentidentities");
        policies = make.ours(McpAccessPolicy.class, "mcpaccesspolicies");
        trusts = make.ours(MeshTrust.class, "meshtrusts");
        pods = make.labelled(Pod.class, Picture.PODS, SIDECAR_LABEL, "injected");
        namespaces = make.labelled(Namespace.class, "namespaces", MeshLabel.NAME, MeshLabel.ENABLED);
        services = make.all(Service.class, "services");
        serviceAccounts = make.all(ServiceAccount.class, "serviceaccounts");
        kinds = List.of(servers, agents, policies, trusts, pods, namespaces, services, serviceAccounts);
        kinds.forEach(this::listen);
    }

    /** The informers' making, apart so that the constructor reads as the list that it is. */
    private record Kinds(KubernetesClient client, Clock clock) {
        <T extends HasMetadata> WatchedKind<T> ours(Class<T> type, String plural) {
            return new WatchedKind<>(
                    plural + ".stockade.dev",
                    client.resources(type).inAnyNamespace().runnableInformer(0),
                    new MetadataList(client, "apis/stockade.dev/v1alpha1/" + plural),
                    clock);
        }

        <T extends HasMetadata> WatchedKind<T> labelled(Class<T> type, String plural, String label, String value) {
            return new WatchedKind<>(
                    plural,
                    client.resources(type)
                            .inAnyNamespace()
                            .withLabel(label, value)
                            .runnableInformer(0),
                    new MetadataList(client, "api/v1/" + plural + "?labelSelector=" + label + "%3D" + value),
                    clock);
        }

        <T extends HasMetadata> WatchedKind<T> all(Class<T> type, String plural) {
            return new WatchedKind<>(
                    plural,
                    client.resources(type).inAnyNamespace().runnableInformer(0),
                    new MetadataList(client, "api/v1/" + plural),
                    clock);
        }
    }

    private <T extends HasMetadata> void listen(WatchedKind<T> kind) {
        kind.informer().addEventHandler(new ResourceEventHandler<T>() {
            @Override
            public void onAdd(T added) {
                changed();
            }

            @Override
            public void onUpdate(T before, T after) {
                if (!Meaning.isSame(before, after)) {
                    changed();
                }
            }

            @Override
            public void onDelete(T deleted, boolean unseen) {
                changed();
            }
        });
    }

    /** Begins to list and watch; {@link #synced} tells when every kind has been listed. */
    public void start() {
        kinds.forEach(kind -> kind.informer().start());
        ScheduledFuture<?> _ = polls.scheduleWithFixedDelay(this::poll, 1, 1, TimeUnit.SECONDS);
    }

    private void poll() {
        for (WatchedKind<?> kind : kinds) {
            try {
                kind.poll();
            } catch (RuntimeException e) {
                log.atWarn().addKeyValue("kind", kind.key()).log("the cache could not be checked", e);
            }
        }
    }

    /** Whether every kind has been listed. */
    public boolean synced() {
        return kinds.stream().allMatch(kind -> kind.informer().hasSynced());
    }

    private void changed() {
        changes.incrementAndGet();
        announceIn(BURST_MILLIS);
    }

    private void announceIn(long millis) {
        if (announced.compareAndSet(false, true)) {
            ScheduledFuture<?> _ = bell.schedule(this::announce, millis, TimeUnit.MILLISECONDS);
        }
    }

    private void announce() {
        announced.set(false);
        for (Runnable listener : listeners) {
            try {
                listener.run();
            } catch (RuntimeException e) {
                log.atError().log("a listener of the cluster cache failed", e);
            }
        }
    }

    /** Called, on one thread, after changes; no change is ever without a later call. */
    public void onChange(Runnable listener) {
        listeners.add(requireNonNull(listener));
    }

    /**
     * What is known now; made anew only if something has changed. Who asks while another makes it waits for that one: with the
     * former, a listener would tell sidecars nothing of the change that it was called for, and would not be called again.
     */
    public Picture picture() {
        Made last = made;
        return last != null && last.changes() == changes.get() ? last.picture() : current();
    }

    private synchronized Picture current() {
        Made last = made;
        return last != null && last.changes() == changes.get() ? last.picture() : refresh();
    }

    /** The same made anew, with resourceVersions that may have advanced though no object has changed. */
    public synchronized Picture refresh() {
        long before = changes.get();
        // Before the items, so that no change up to these versions can be missing from the view.
        Map<String, Long> reached = kinds.stream().collect(Collectors.toMap(WatchedKind::key, WatchedKind::reached));
        Picture picture = new Picture(++sequence, makeView(), reached);
        made = new Made(before, picture);
        if (kinds.stream().anyMatch(kind -> kind.newest() > reached.getOrDefault(kind.key(), 0L))) {
            // An informer stores an object a moment before it says so. What is in the view must soon be claimed too:
            // else a
            // replica that is really behind would count as level with this one.
            changes.incrementAndGet();
            announceIn(STORING_MILLIS);
        }
        return picture;
    }

    private MeshView makeView() {
        Set<String> meshNamespaces = namespaces.items().stream()
                .map(namespace -> namespace.getMetadata().getName())
                .collect(Collectors.toUnmodifiableSet());
        Map<ResourceName, Instant> accounts = created(serviceAccounts.items());
        return new MeshView(
                trustDomain,
                clusterDomain,
                meshNamespaces,
                servers.items(),
                agents.items(),
                policies.items(),
                trusts.items().stream()
                        .filter(trust -> "default".equals(trust.getMetadata().getName()))
                        .findFirst(),
                convert(pods.items(), accounts),
                services.items().stream()
                        .filter(service ->
                                meshNamespaces.contains(service.getMetadata().getNamespace()))
                        .toList(),
                accounts.keySet().stream()
                        .filter(account -> meshNamespaces.contains(account.namespace()))
                        .collect(Collectors.toUnmodifiableSet()));
    }

    private static Map<ResourceName, Instant> created(List<ServiceAccount> accounts) {
        return accounts.stream()
                // One that is being deleted is gone already, whatever finalizer keeps it.
                .filter(account -> account.getMetadata().getDeletionTimestamp() == null)
                .collect(Collectors.toMap(
                        ResourceName::of,
                        account -> Instant.parse(account.getMetadata().getCreationTimestamp()),
                        (one, other) -> one.isAfter(other) ? one : other));
    }

    /** A pod's environment is JSON, read once a version. */
    private List<MeshPod> convert(Collection<Pod> items, Map<ResourceName, Instant> accounts) {
        Map<String, ConvertedPod> now = new HashMap<>();
        for (Pod pod : items) {
            String uid = pod.getMetadata().getUid();
            String version = pod.getMetadata().getResourceVersion();
            ConvertedPod before = converted.get(uid);
            now.put(
                    uid,
                    before != null && before.resourceVersion().equals(version)
                            ? before
                            : new ConvertedPod(version, MeshPod.of(pod)));
        }
        converted = now;
        return now.values().stream()
                .map(ConvertedPod::pod)
                .map(pod -> pod.under(
                        Optional.ofNullable(accounts.get(new ResourceName(pod.namespace(), pod.serviceAccount())))))
                .toList();
    }

    /** An injected pod with all that the API server says of it, if it is still there. */
    public Optional<Pod> live(MeshPod pod) {
        return Optional.ofNullable(pods.informer().getStore().getByKey(pod.namespace() + "/" + pod.name()))
                .filter(found -> found.getMetadata().getUid().equals(pod.uid()));
    }

    /**
     * The resources of ours as they are now, with the statuses that a picture does not follow: it is made for what their owners
     * wrote.
     */
    public Stream<CustomResource<?, ?>> resources() {
        return Stream.<WatchedKind<? extends CustomResource<?, ?>>>of(servers, agents, policies, trusts)
                .flatMap(kind -> kind.items().stream());
    }

    /** The view of {@link #picture}. */
    public MeshView view() {
        return picture().view();
    }

    /** The resourceVersions of {@link #picture}. */
    public Map<String, Long> reached() {
        return picture().reached();
    }

    /** The last moment at which every cache was known to be current; empty before all were. */
    public Optional<Instant> confirmed() {
        Instant earliest = Instant.MAX;
        for (WatchedKind<?> kind : kinds) {
            Instant at = kind.confirmed();
            if (at == null) {
                return Optional.empty();
            }
            earliest = at.isBefore(earliest) ? at : earliest;
        }
        return Optional.of(earliest);
    }

    /**
     * Tries to reach these versions without waiting for the next event or bookmark, by comparing the caches that are behind
     * with the API server's latest state. Blocks for as long as that takes.
     */
    public Picture catchUp(Map<String, Long> wanted) {
        for (WatchedKind<?> kind : kinds) {
            if (kind.reached() < wanted.getOrDefault(kind.key(), 0L)) {
                kind.prove();
            }
        }
        return refresh();
    }

    @Override
    public void close() {
        bell.shutdownNow();
        polls.shutdownNow();
        kinds.forEach(kind -> kind.informer().stop());
    }
}
