package dev.stockade.operator.status;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;

/** Nothing can be created any more in a namespace that is being deleted: an answer to expect, not a failure to report. */
public final class EndingNamespace {
    private static final String CAUSE = "NamespaceTerminating";

    private EndingNamespace() {}

    /** Whether the API server refused for that reason and no other. */
    public static boolean refused(Exception failure) {
        if (!(failure instanceof KubernetesClientException refusal)
                || refusal.getCode() != HttpURLConnection.HTTP_FORBIDDEN) {
            return false;
        }
        Status status = refusal.getStatus();
        return status != null
                && status.getDetails() != null
                && status.getDetails().getCauses() != null
                && status.getDetails().getCauses().stream().anyMatch(c -> CAUSE.equals(c.getReason()));
    }
}
