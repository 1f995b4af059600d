package dev.stockade.e2e.cluster;

import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Which cluster the tests use. */
public enum ClusterChoice {
    /** The one that KUBECONFIG names. */
    CURRENT,
    /** k3s in a container. */
    K3S,
    /** The rig under e2e/cluster. */
    RIG;

    /**
     * Chooses from the environment: STOCKADE_CLUSTER, else KUBECONFIG, else Docker, else the rig.
     *
     * @throws IllegalArgumentException with one sentence that says what to set
     */
    public static ClusterChoice of(Map<String, String> environment, BooleanSupplier dockerAnswers) {
        String wish = environment.getOrDefault("STOCKADE_CLUSTER", "");
        ClusterChoice choice = switch (wish.toLowerCase(Locale.ROOT)) {
            case "" -> unasked(environment, dockerAnswers);
            case "current" -> CURRENT;
            case "k3s" -> K3S;
            case "rig" -> RIG;
            default ->
                throw new IllegalArgumentException(
                        "STOCKADE_CLUSTER is '%s', which is no cluster: set it to current, k3s or rig."
                                .formatted(wish));
        };
        if (choice == CURRENT
                && environment.getOrDefault("STOCKADE_REGISTRY", "").isEmpty()) {
            throw new IllegalArgumentException(
                    "Tests on your own cluster need STOCKADE_REGISTRY, a registry that the cluster pulls from and this machine"
                            + " may push to (registry.example.com/stockade); or set STOCKADE_CLUSTER=rig.");
        }
        return choice;
    }

    private static ClusterChoice unasked(Map<String, String> environment, BooleanSupplier dockerAnswers) {
        if (!environment.getOrDefault("KUBECONFIG", "").isEmpty()) {
            return CURRENT;
        }
        return dockerAnswers.getAsBoolean() ? K3S : RIG;
    }
}
