package dev.stockade.operator;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.acks.LeaseHolder;
import dev.stockade.operator.acks.LeaseReader;
import dev.stockade.operator.acks.SidecarCensus;
import dev.stockade.operator.acks.SidecarRegistry;
import dev.stockade.operator.admission.LiveMembership;
import dev.stockade.operator.admission.OtherReplicas;
import dev.stockade.operator.admission.ReplicaPods;
import dev.stockade.operator.admission.SidecarTemplate;
import dev.stockade.operator.admission.WebhookServer;
import dev.stockade.operator.admission.WebhookTrust;
import dev.stockade.operator.attestation.Attestor;
import dev.stockade.operator.attestation.SigningRecord;
import dev.stockade.operator.attestation.SigningRequests;
import dev.stockade.operator.attestation.SubscribedSidecars;
import dev.stockade.operator.authority.Authority;
import dev.stockade.operator.authority.AuthorityRefusesException;
import dev.stockade.operator.authority.AuthorityState;
import dev.stockade.operator.authority.Census;
import dev.stockade.operator.authority.OperatorCredentials;
import dev.stockade.operator.authority.Pem;
import dev.stockade.operator.authority.SecretWatch;
import dev.stockade.operator.authority.TrustSettings;
import dev.stockade.operator.cluster.ApiContact;
import dev.stockade.operator.cluster.ClusterCache;
import dev.stockade.operator.control.ControlServer;
import dev.stockade.operator.control.ReplicaTls;
import dev.stockade.operator.isolation.NetworkPolicies;
import dev.stockade.operator.isolation.Prober;
import dev.stockade.operator.isolation.ProvenIsolation;
import dev.stockade.operator.leadership.Election;
import dev.stockade.operator.leadership.Reconcilers;
import dev.stockade.operator.reach.Obstacles;
import dev.stockade.operator.restart.Evictor;
import dev.stockade.operator.snapshot.CompiledMesh;
import dev.stockade.operator.snapshot.CurrentMesh;
import dev.stockade.operator.snapshot.PodSnapshot;
import dev.stockade.operator.status.ChangeFeed;
import dev.stockade.operator.status.EventWriter;
import dev.stockade.operator.status.Evidence;
import dev.stockade.operator.status.LiveBarePods;
import dev.stockade.operator.status.Mesh;
import dev.stockade.operator.status.Outdated;
import dev.stockade.operator.status.RestartReports;
import dev.stockade.operator.status.Tenure;
import dev.stockade.policy.MeshPod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the parts together, in the order in which they need each other: definitions and MeshTrust, caches, reconcilers (which
 * report even while there is no usable CA), the CA, webhooks, control channel. What was started is stopped in reverse.
 */
final class Assembly implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Assembly.class);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final long REFRESH_SECONDS = 30;
    private static final long ADVANCE_SECONDS = 2;

    /** The chart's webhook configurations. */
    static final String INJECTOR = "stockade-injector";

    static final String VALIDATOR = "stockade-validator";

    private final Settings settings;
    private final Ports ports;
    private final KubernetesClient client;
    private final MeterRegistry meters;
    private final Clock clock;
    private final MeshTrustReader trust;
    private final Deque<AutoCloseable> started = new ArrayDeque<>();
    private final ScheduledExecutorService refreshes = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("authority").daemon().factory());

    private volatile String waitsFor = "The operator is starting.";
    private volatile @Nullable OperatorCredentials credentials;
    private volatile @Nullable ClusterCache cache;
    private volatile @Nullable Reconcilers reconcilers;
    private volatile @Nullable WebhookServer webhooks;
    private volatile boolean stopping;
    /** Whether this replica, since it leads, has brought its definitions in; of the thread that advances rotations. */
    private boolean defined;

    /** Where it listens; 0 for any free port. */
    record Ports(int control, int webhooks) {
        /** As the chart's Service has them. */
        static final Ports STANDARD = new Ports(ControlServer.PORT, 9443);
    }

    Assembly(Settings settings, Ports ports, KubernetesClient client, MeterRegistry meters, Clock clock) {
        this.settings = requireNonNull(settings);
        this.ports = requireNonNull(ports);
        this.client = requireNonNull(client);
        this.meters = requireNonNull(meters);
        this.clock = requireNonNull(clock);
        this.trust = new MeshTrustReader(client);
    }

    /** A sentence for each thing that this replica cannot do yet. */
    List<String> missing() {
        List<String> missing = new ArrayList<>();
        if (stopping) {
            missing.add("The operator is stopping.");
        } else if (!waitsFor.isEmpty()) {
            missing.add(waitsFor);
        }
        ClusterCache held = cache;
        if (held != null) {
            Optional<Instant> confirmed = held.confirmed();
            if (ApiContact.of(confirmed, clock.instant()) != ApiContact.CURRENT) {
                missing.add("The API server has not been reached since "
                        + confirmed.map(Instant::toString).orElse("the start") + ".");
            }
        }
        OperatorCredentials own = credentials;
        if (own != null && !own.usable()) {
            missing.add("The operator's own certificate has ended; the certificate authority refuses to sign another.");
        }
        return missing;
    }

    /** Returns once everything serves; waits, saying why, for what others have to bring. */
    void start() throws IOException, InterruptedException {
        TrustSettings mesh = awaitTrust();
        String trustDomain = mesh.trustDomain();
        Authority authority =
                new Authority(client, settings.namespace(), () -> trust.read().orElse(mesh), clock);
        ClusterCache cluster = startCache(trustDomain);
        CurrentMesh compiled = new CurrentMesh(cluster, authority, trustDomain);
        SidecarRegistry registry = new SidecarRegistry(pod -> staleAfter(compiled, pod), clock);
        ChangeFeed changes = new ChangeFeed();
        keep(changes);
        NetworkPolicies policies = new NetworkPolicies(client, changes::changed);
        keep(policies);
        policies.start();
        ProvenIsolation isolation =
                new ProvenIsolation(() -> mesh(compiled.now()), cluster::live, policies::of, registry, clock);
        Reconcilers elected = startReconcilers(authority, cluster, compiled, registry, isolation, policies, changes);
        Prober prober = new Prober(isolation, elected::leading, changes::changed, meters, clock);
        keep(prober);
        prober.start();

        OperatorCredentials own = new OperatorCredentials(authority, trustDomain, settings.serviceNames(), clock);
        awaitCredentials(authority, own);
        credentials = own;
        startWebhooks(authority, own, trustDomain);
        ControlServer control = startControl(trustDomain, authority, own, cluster, compiled, registry);
        prober.ask(control.vantages());
        follow(authority, own);
        Census census = new RotationCensus(
                new SidecarCensus(compiled::now, registry, clock),
                client,
                () -> authority.trust().roots());
        ScheduledFuture<?> _ = refreshes.scheduleWithFixedDelay(
                () -> advance(authority, own, elected, census), ADVANCE_SECONDS, ADVANCE_SECONDS, TimeUnit.SECONDS);
        new OperatorMeters(clock).bind(meters, authority, cluster, control::connected);
        changes.changed();
        waitsFor = "";
    }

    private TrustSettings awaitTrust() throws InterruptedException {
        waitsFor = "The custom resource definitions are being applied.";
        retry("the custom resource definitions cannot be applied", () -> {
            trust.applyDefinitions();
            return true;
        });
        waitsFor = "MeshTrust default does not exist. Install the chart, which creates it.";
        List<TrustSettings> found = new ArrayList<>();
        retry("MeshTrust default cannot be read", () -> {
            trust.read().ifPresent(found::add);
            return !found.isEmpty();
        });
        return found.getFirst();
    }

    private ClusterCache startCache(String trustDomain) throws InterruptedException {
        waitsFor = "The caches are being filled from the API server.";
        ClusterCache filled = new ClusterCache(client, trustDomain, settings.clusterDomain(), clock);
        keep(filled);
        filled.start();
        retry("the caches are not filled", filled::synced);
        cache = filled;
        return filled;
    }

    private Reconcilers startReconcilers(
            Authority authority,
            ClusterCache cache,
            CurrentMesh compiled,
            SidecarRegistry registry,
            ProvenIsolation isolation,
            NetworkPolicies policies,
            ChangeFeed changes) {
        cache.onChange(changes::changed);
        authority.onChange(changes::changed);
        registry.onChange(changes::changed);
        Tenure tenure = new Tenure();
        registry.onArrival(() -> tenure.arrived(clock.instant()));
        RestartReports restarts = new RestartReports();
        LiveBarePods bare = new LiveBarePods(client, restarts, clock);
        Evidence evidence = new Evidence(
                () -> mesh(compiled.now()), registry, bare, isolation, new Outdated(settings.release()), tenure, clock);
        String identity = new LeaseHolder(settings.podName(), settings.podIp()).identity();
        Optional<String> otherDomain =
                ClusterDomain.ofThisPod(settings.namespace()).otherThan(settings.clusterDomain());
        otherDomain.ifPresent(log::warn);
        Reconcilers standing = Reconcilers.of(
                client,
                Election.of(settings.namespace(), LeaseReader.NAME, identity),
                evidence,
                authority::state,
                otherDomain,
                changes,
                meters);
        keep(standing);
        standing.start();
        reconcilers = standing;
        EventWriter events = new EventWriter(client, identity, clock);
        Obstacles obstacles =
                new Obstacles(evidence, cache::live, policies::of, standing::leading, events, settings.namespace());
        keep(obstacles);
        obstacles.start();
        Evictor evictor = new Evictor(
                client,
                evidence.mesh(),
                cache::confirmed,
                standing::leading,
                bare,
                restarts,
                events,
                changes::changed,
                clock);
        keep(evictor);
        evictor.start();
        return standing;
    }

    private static Mesh mesh(CompiledMesh compiled) {
        return new Mesh(compiled.view(), compiled.claims(), compiled.grants());
    }

    private static Duration staleAfter(CurrentMesh compiled, MeshPod pod) {
        return compiled.now()
                .claims()
                .server(pod)
                .map(server -> server.getSpec().limits().stale())
                .orElse(PodSnapshot.WITHOUT_SERVER);
    }

    private void awaitCredentials(Authority authority, OperatorCredentials own) throws InterruptedException {
        waitsFor = "The certificate authority is being read.";
        retry("the certificate authority cannot sign", () -> {
            authority.refresh();
            try {
                own.refresh();
                return true;
            } catch (AuthorityRefusesException e) {
                waitsFor = requireNonNull(e.getMessage());
                return false;
            }
        });
    }

    private void refresh(Authority authority, OperatorCredentials own) {
        try {
            authority.refresh();
            own.refresh();
        } catch (AuthorityRefusesException e) {
            log.atWarn().addKeyValue("why", e.getMessage()).log("the operator's own certificate was not renewed");
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("the certificate authority could not be refreshed");
        }
    }

    /** Does what the CA's Secret says, as soon as it says it. */
    private void follow(Authority authority, OperatorCredentials own) {
        AtomicBoolean pending = new AtomicBoolean();
        SecretWatch watch = new SecretWatch(client, settings.namespace(), () -> {
            if (pending.compareAndSet(false, true)) {
                enqueue(() -> {
                    pending.set(false);
                    refresh(authority, own);
                });
            }
        });
        keep(watch);
        ScheduledFuture<?> _ = refreshes.scheduleWithFixedDelay(
                () -> {
                    refresh(authority, own);
                    watch.ensure();
                },
                0,
                REFRESH_SECONDS,
                TimeUnit.SECONDS);
    }

    private void enqueue(Runnable task) {
        try {
            refreshes.execute(task);
        } catch (RejectedExecutionException e) {
            log.debug("the certificate authority changed while the operator was stopping");
        }
    }

    /** The lease holder alone takes the steps; the others follow. */
    private void advance(Authority authority, OperatorCredentials own, Reconcilers reconcilers, Census census) {
        if (!reconcilers.leading()) {
            defined = false;
            return;
        }
        define();
        try {
            authority.advance(census);
            own.refresh();
        } catch (AuthorityRefusesException e) {
            log.atDebug().addKeyValue("why", e.getMessage()).log("the operator's own certificate was not renewed");
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("the rotation could not go on");
        }
    }

    /** A replica of another release may have started after this one, and left its own definitions: whoever leads has the last word. */
    private void define() {
        if (defined) {
            return;
        }
        try {
            trust.applyDefinitions();
            defined = true;
        } catch (KubernetesClientException e) {
            log.atWarn()
                    .addKeyValue("why", e.getMessage())
                    .log("the custom resource definitions cannot be applied; trying again");
        }
    }

    private void startWebhooks(Authority authority, OperatorCredentials own, String trustDomain) {
        WebhookServer served = WebhookServer.of(
                new InetSocketAddress(ports.webhooks()),
                own.keyManager(),
                new LiveMembership(client),
                () -> template(authority, trustDomain),
                new OtherReplicas(
                        new ReplicaPods(client, settings.namespace(), settings.podName()),
                        ports.webhooks(),
                        ReplicaTls.client(authority::trust, trustDomain, clock)),
                client.getKubernetesSerialization(),
                meters);
        keep(served);
        served.start();
        webhooks = served;
        WebhookTrust bundle =
                new WebhookTrust(client, INJECTOR, VALIDATOR, () -> Pem.encode(authority.bootstrapRoots()));
        keep(bundle);
        bundle.start();
        authority.onChange(bundle::rootsChanged);
    }

    private SidecarTemplate template(Authority authority, String trustDomain) {
        if (!(authority.state() instanceof AuthorityState.Usable usable)) {
            throw new IllegalStateException("The certificate authority refuses to sign; see MeshTrust default.");
        }
        return new SidecarTemplate(
                settings.sidecarImage(),
                settings.sidecarPullPolicy(),
                settings.sidecarResources(),
                settings.controlAddress(ControlServer.PORT),
                trustDomain,
                Pem.encode(usable.bootstrapRoots()),
                settings.clusterDomain(),
                settings.release());
    }

    private ControlServer startControl(
            String trustDomain,
            Authority authority,
            OperatorCredentials own,
            ClusterCache cache,
            CurrentMesh compiled,
            SidecarRegistry registry)
            throws IOException {
        LeaseReader holder = new LeaseReader(client, settings.namespace());
        SigningRecord record = new SigningRecord(client, meters, settings.podName(), clock);
        keep(record);
        SigningRequests signing = new SigningRequests(
                new Attestor(
                        client,
                        cache::picture,
                        compiled::now,
                        new SubscribedSidecars(registry, holder, settings.podName()),
                        clock),
                authority,
                compiled::trust);
        ControlServer control = new ControlServer(
                new InetSocketAddress(ports.control()),
                new ControlServer.Parts(
                        trustDomain,
                        authority,
                        own,
                        cache,
                        compiled,
                        registry,
                        signing,
                        record,
                        holder,
                        settings.podName(),
                        clock));
        keep(control);
        control.bind(meters);
        control.start();
        return control;
    }

    /** Something that may have to be tried again. */
    @FunctionalInterface
    private interface Attempt {
        /** Whether it is done. */
        boolean done();
    }

    private void retry(String failure, Attempt attempt) throws InterruptedException {
        Optional<String> said = Optional.empty();
        while (!stopping) {
            try {
                if (attempt.done()) {
                    return;
                }
            } catch (KubernetesClientException e) {
                Optional<String> why = Optional.ofNullable(e.getMessage());
                if (!why.equals(said)) {
                    log.atWarn().addKeyValue("why", e.getMessage()).log(failure + "; trying again");
                    said = why;
                }
            }
            Thread.sleep(RETRY);
        }
        throw new InterruptedException();
    }

    private synchronized void keep(AutoCloseable part) {
        started.push(part);
    }

    /**
     * Has the others take over, and goes on serving until {@link #close}: is not ready any more, has the API server connect anew
     * for its next review, and gives the lease back. Another replica takes that while streams are still here, so that nobody
     * writes into a status that sidecars are gone which are only on their way to that one.
     *
     * @return whether there is something that others have to take over
     */
    boolean leave() {
        stopping = true;
        WebhookServer served = webhooks;
        if (served != null) {
            served.drain();
        }
        Reconcilers standing = reconcilers;
        if (standing != null) {
            standing.close();
        }
        return served != null;
    }

    /** {@linkplain #leave() Leaves}, ends streams so that sidecars go to another replica, and closes the rest. */
    @Override
    public synchronized void close() {
        leave();
        refreshes.shutdownNow();
        while (!started.isEmpty()) {
            AutoCloseable part = started.pop();
            try {
                part.close();
            } catch (Exception e) {
                log.atWarn()
                        .addKeyValue("part", part.getClass().getSimpleName())
                        .setCause(e)
                        .log("a part did not stop cleanly");
            }
        }
    }
}
