package dev.stockade.e2e.mesh;

import dev.stockade.e2e.cluster.OtherClock;
import dev.stockade.e2e.cluster.PreviousRelease;
import dev.stockade.e2e.cluster.Rig;
import dev.stockade.e2e.cluster.TestCluster;
import dev.stockade.e2e.evidence.Effects;
import dev.stockade.e2e.evidence.FailureEvidence;
import dev.stockade.e2e.evidence.Measurements;
import dev.stockade.e2e.evidence.Measurements.Row;
import dev.stockade.e2e.workload.Manifests;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A cluster with Stockade on it, shared by all tests of a run. */
public final class Mesh implements AutoCloseable {
    /** As patient as kubectl, nearly: a webhook on a busy machine takes longer than the client's ten seconds. */
    private static final int REQUEST_MILLIS = 60_000;

    private final TestCluster cluster;
    private final KubernetesClient client;
    private final Chart chart;
    private final Manifests manifests;
    private final Nodes nodes;
    private final Measurements measurements;
    private final Effects effects = new Effects();
    private @Nullable Standing standing;
    private @Nullable Soak soak;

    private Mesh(
            TestCluster cluster,
            KubernetesClient client,
            Chart chart,
            Manifests manifests,
            Nodes nodes,
            Measurements measurements) {
        this.cluster = cluster;
        this.client = client;
        this.chart = chart;
        this.manifests = manifests;
        this.nodes = nodes;
        this.measurements = measurements;
    }

    /** Brings up the cluster, its images and the chart. */
    static Mesh bringUp() {
        Path root = Path.of(property("stockade.root"));
        var measurements = new Measurements();
        long began = System.nanoTime();
        TestCluster cluster = TestCluster.open(System.getenv(), root);
        try {
            Duration up = Duration.ofNanos(System.nanoTime() - began);
            measurements.describe(cluster.description());
            say("%s is up after %d s; its kubeconfig is %s"
                    .formatted(cluster.description(), up.toSeconds(), cluster.kubeconfig()));
            measurements.record(Row.CLUSTER_UP, up);
            Images images = Images.provide(cluster, root, property("stockade.version"));
            images.built().ifPresent(time -> measurements.record(Row.IMAGES_BUILT, time));
            var chart = new Chart(
                    root.resolve("charts/stockade"), cluster.kubeconfig(), cluster.registry(), images.version());
            Config config = Config.fromKubeconfig(cluster.kubeconfig().toFile());
            config.setRequestTimeout(REQUEST_MILLIS);
            KubernetesClient client =
                    new KubernetesClientBuilder().withConfig(config).build();
            var manifests = new Manifests(images.agent());
            Mesh mesh = new Mesh(cluster, client, chart, manifests, new Nodes(client, images.agent()), measurements);
            try {
                boolean old = mesh.operator().exists();
                measurements.record(Row.CHART_READY, chart.install());
                if (old) {
                    mesh.operator().restart(); // images of the same name may be newer than its pods
                }
                say("the chart is installed and the operator is ready");
            } catch (RuntimeException e) {
                throw FailureEvidence.kept(client, "chart-install", e);
            }
            return mesh;
        } catch (RuntimeException | Error e) {
            cluster.close();
            throw e;
        }
    }

    private static String property(String name) {
        String value = System.getProperty(name);
        if (value == null) {
            throw new IllegalStateException(
                    "the system property %s is not set; run these tests with Maven, or set it".formatted(name));
        }
        return value;
    }

    private static void say(String line) {
        System.out.println("e2e: " + line);
    }

    /** For programs that are no tests of ours. */
    public Path kubeconfig() {
        return cluster.kubeconfig();
    }

    /** What teams apply. */
    public Manifests manifests() {
        return manifests;
    }

    public KubernetesClient client() {
        return client;
    }

    public Chart chart() {
        return chart;
    }

    /** The release before this one, its images on the cluster; installing it over this one is what a rollback does. */
    public Chart previous() {
        PreviousRelease release = PreviousRelease.find(System.getenv(), Path.of(property("stockade.root")));
        release.provide(cluster);
        return new Chart(release.chart(), cluster.kubeconfig(), cluster.registry(), release.version());
    }

    public Nodes nodes() {
        return nodes;
    }

    public Measurements measurements() {
        return measurements;
    }

    /**
     * Has the network enforce NetworkPolicy, as it does at first, or ignore it.
     *
     * @return false if this cluster's network cannot be told
     */
    public boolean enforceNetworkPolicy(boolean enforce) {
        return cluster.enforceNetworkPolicy(enforce);
    }

    /** The means to make the cluster's components fail, where it is the rig. */
    public Rig rig() {
        return cluster.rig();
    }

    /**
     * Has sidecars of pods that are made from now on go by another clock, on the rig.
     *
     * @param off by which it goes ahead
     */
    public void otherClockInNewSidecars(Duration off) {
        Path root = Path.of(property("stockade.root"));
        Path archive =
                OtherClock.of(root, Images.sidecar(property("stockade.version")), Images.sidecarArchive(root), off);
        try {
            rig().load(archive);
        } finally {
            archive.toFile().delete();
        }
    }

    /** Ends that. */
    public void rightClockInNewSidecars() {
        rig().load(Images.sidecarArchive(Path.of(property("stockade.root"))));
    }

    /** What faults did, for the table that the run prints. */
    public Effects effects() {
        return effects;
    }

    /** The workloads that all scenarios use and none changes. */
    public synchronized Standing standing() {
        if (standing == null) {
            standing = Standing.raise(this);
        }
        return standing;
    }

    /** The traffic that never stops; it begins when somebody first asks for it. */
    public synchronized Soak soak() {
        if (soak == null) {
            soak = Soak.begin(this, Soak.NAMESPACE);
        }
        return soak;
    }

    /** Ends it, if it began. */
    public synchronized void endSoak() {
        if (soak != null) {
            soak.close();
            soak = null;
        }
    }

    /** The tools that people use on this cluster. */
    public Tools tools() {
        return new Tools(cluster.kubeconfig());
    }

    public Rotation rotation() {
        return new Rotation(client);
    }

    public Operator operator() {
        return new Operator(client, nodes);
    }

    /** A namespace in the mesh, fresh. */
    public Team team(String namespace) {
        return Team.found(client, manifests, namespace, true);
    }

    /** A namespace that is not in the mesh, fresh. */
    public Team outsiders(String namespace) {
        return Team.found(client, manifests, namespace, false);
    }

    public Resource trust() {
        return new Resource(client, "MeshTrust", "", "default");
    }

    @Override
    public void close() {
        try {
            measurements.print(System.out);
            effects.print(System.out);
            endSoak();
            if (cluster.outlivesTheTests()) {
                cleanUp();
            }
        } finally {
            client.close();
            cluster.close();
        }
    }

    private void cleanUp() {
        client.namespaces().list().getItems().stream()
                .map(namespace -> namespace.getMetadata().getName())
                .filter(name -> name.startsWith("e2e-"))
                .forEach(name -> client.namespaces().withName(name).delete());
        chart.uninstall();
    }
}
