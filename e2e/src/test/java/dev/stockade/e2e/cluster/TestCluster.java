package dev.stockade.e2e.cluster;

import java.nio.file.Path;
import java.util.Map;

/** A cluster that the tests may use as they like. */
public sealed interface TestCluster extends AutoCloseable permits RigCluster, K3sCluster, CurrentCluster {

    /** Brings up the cluster that the environment asks for, or finds the one that is there. */
    static TestCluster open(Map<String, String> environment, Path root) {
        return switch (ClusterChoice.of(environment, K3sCluster::dockerAnswers)) {
            case CURRENT ->
                new CurrentCluster(
                        Path.of(environment.getOrDefault("KUBECONFIG", "")),
                        environment.getOrDefault("STOCKADE_REGISTRY", ""));
            case K3S -> K3sCluster.start();
            case RIG -> RigCluster.start(environment, root);
        };
    }

    /** For people: what it is and where. */
    String description();

    Path kubeconfig();

    /**
     * Makes the nodes have an image, or the registry that they pull from.
     *
     * @param archive a docker-archive; absent where the build has pushed the image itself
     * @return the name under which pods use it
     */
    String provide(String name, Path archive);

    /** What stands before the names of Stockade's own images on this cluster, without the slash; empty on local ones. */
    String registry();

    /** Whether it outlives the tests, so that what they made in it must be removed. */
    boolean outlivesTheTests();

    /**
     * Has the network enforce NetworkPolicy, as it does at first, or ignore it.
     *
     * @return false if this cluster's network cannot be told
     */
    default boolean enforceNetworkPolicy(boolean enforce) {
        return false;
    }

    /** Takes down what was brought up, and nothing else. */
    @Override
    void close();

    /**
     * The means to make its components fail.
     *
     * @throws IllegalStateException in a sentence, where this cluster's components are not this machine's own processes
     */
    default Rig rig() {
        throw new IllegalStateException(
                "%s cannot be told to lose its API server or a node. Set STOCKADE_CLUSTER=rig, or leave the class out."
                        .formatted(description()));
    }
}
