package dev.stockade.operator.control;

import dev.stockade.operator.acks.LeaseHolder;
import dev.stockade.operator.acks.SidecarRegistry;
import dev.stockade.operator.attestation.Attestor;
import dev.stockade.operator.attestation.SigningRecord;
import dev.stockade.operator.attestation.SigningRequests;
import dev.stockade.operator.attestation.SubscribedSidecars;
import dev.stockade.operator.authority.Authority;
import dev.stockade.operator.authority.AuthorityRefusesException;
import dev.stockade.operator.authority.OperatorCredentials;
import dev.stockade.operator.authority.TrustSettings;
import dev.stockade.operator.cluster.ClusterCache;
import dev.stockade.operator.snapshot.CurrentMesh;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.awaitility.Awaitility;

/** One replica of the operator's control channel, without reconcilers and webhooks. */
public final class Replica implements AutoCloseable {
    public static final String TRUST_DOMAIN = "test.local";

    public final Authority authority;
    public final ClusterCache cache;
    public final SidecarRegistry registry;
    public final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    public final ControlServer server;
    final OperatorCredentials credentials;

    /** The audit lines; flushed when the replica is closed. */
    public final ByteArrayOutputStream audit = new ByteArrayOutputStream();

    private final SigningRecord record;

    public Replica(
            KubernetesClient client, String name, InetSocketAddress address, Supplier<Optional<LeaseHolder>> holder)
            throws AuthorityRefusesException, IOException {
        this(client, name, address, holder, Clock.systemUTC());
    }

    public Replica(
            KubernetesClient client,
            String name,
            InetSocketAddress address,
            Supplier<Optional<LeaseHolder>> holder,
            Clock clock)
            throws AuthorityRefusesException, IOException {
        authority = new Authority(
                client,
                "default",
                () -> new TrustSettings(TRUST_DOMAIN, Duration.ofDays(3650), Duration.ofDays(30), Optional.empty()),
                clock);
        authority.refresh();
        credentials = new OperatorCredentials(authority, TRUST_DOMAIN, List.of("stockade-operator.default.svc"), clock);
        credentials.refresh();
        cache = new ClusterCache(client, TRUST_DOMAIN, "cluster.local", clock);
        cache.start();
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(cache::synced);
        CurrentMesh mesh = new CurrentMesh(cache, authority, TRUST_DOMAIN);
        registry = new SidecarRegistry(pod -> Duration.ofHours(1), clock);
        record = new SigningRecord(client, meters, name, clock, audit);
        server = new ControlServer(
                address,
                new ControlServer.Parts(
                        TRUST_DOMAIN,
                        authority,
                        credentials,
                        cache,
                        mesh,
                        registry,
                        new SigningRequests(
                                new Attestor(
                                        client,
                                        cache::picture,
                                        mesh::now,
                                        new SubscribedSidecars(registry, holder, name),
                                        clock),
                                authority,
                                mesh::trust),
                        record,
                        holder,
                        name,
                        clock));
        server.start();
    }

    @Override
    public void close() {
        server.close();
        cache.close();
        record.close();
    }
}
