package dev.stockade.cli.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;

/** What an API server's refusal means to a person. */
final class Refusal {
    static final int UNAUTHORIZED = 401;
    static final int FORBIDDEN = 403;
    static final int NOT_FOUND = 404;

    private Refusal() {}

    /**
     * @param right {@code list pods -n tools}, as {@code kubectl auth can-i} takes it
     * @param why it is needed, a sentence
     */
    static ClusterException of(KubernetesClient client, String right, String why, KubernetesClientException e) {
        return new ClusterException(
                switch (e.getCode()) {
                    case FORBIDDEN -> forbidden(right) + " " + why + " Check with: kubectl auth can-i " + right;
                    case UNAUTHORIZED ->
                        "The cluster does not know you: the credentials in the kubeconfig have ended or are another"
                                + " cluster's.";
                    case NOT_FOUND ->
                        "The cluster does not have Stockade's definitions (" + right + " is not found). Install"
                                + " the chart first.";
                    default ->
                        "The cluster at " + client.getMasterUrl() + " cannot be asked (" + right + "): " + cause(e)
                                + ". Name another cluster with --context or --kubeconfig, or manifests with -f.";
                });
    }

    static String forbidden(String right) {
        return "You may not " + right + " in this cluster.";
    }

    private static String cause(Throwable failure) {
        Throwable last = failure;
        while (last.getCause() != null) {
            last = last.getCause();
        }
        return last.getMessage() == null ? last.getClass().getSimpleName() : last.getMessage();
    }
}
