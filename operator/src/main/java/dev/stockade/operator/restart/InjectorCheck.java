package dev.stockade.operator.restart;

import dev.stockade.policy.LabelSelectors;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.RuleWithOperations;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whether the API server would have a pod that is created now injected, or refuse it. Pure. */
final class InjectorCheck {
    private static final String PATH = "/inject";

    private InjectorCheck() {}

    /** Why a new pod of the namespace might be let in without a sidecar, as a sentence; empty if it cannot. */
    static Optional<String> objection(
            @Nullable MutatingWebhookConfiguration configuration, @Nullable Namespace namespace) {
        if (configuration == null) {
            return Optional.of(
                    "MutatingWebhookConfiguration stockade-injector does not exist, so that no new pod gets a"
                            + " sidecar. Install the chart again.");
        }
        if (namespace == null) {
            return Optional.of("the namespace is gone.");
        }
        Optional<MutatingWebhook> hook = configuration.getWebhooks().stream()
                .filter(h -> PATH.equals(path(h.getClientConfig())))
                .findFirst();
        if (hook.isEmpty() || hook.get().getRules().stream().noneMatch(InjectorCheck::coversPods)) {
            return changed("asks nobody to inject new pods");
        }
        MutatingWebhook injector = hook.get();
        if (!"Fail".equals(injector.getFailurePolicy())) {
            return changed("lets pods in without a sidecar while the operator is away (failurePolicy is not Fail)");
        }
        if (!isEverything(injector.getObjectSelector())
                || !injector.getMatchConditions().isEmpty()) {
            return changed("leaves some pods out (objectSelector or matchConditions)");
        }
        String bundle = injector.getClientConfig().getCaBundle();
        if (bundle == null || bundle.isEmpty()) {
            return Optional.of(
                    "MutatingWebhookConfiguration stockade-injector has no CA bundle yet, so that new pods are"
                            + " refused. The operator writes it; see its log.");
        }
        Map<String, String> labels = namespace.getMetadata().getLabels();
        return LabelSelectors.selects(injector.getNamespaceSelector(), labels == null ? Map.of() : labels)
                        .orElse(false)
                ? Optional.empty()
                : Optional.of("MutatingWebhookConfiguration stockade-injector leaves out namespace "
                        + namespace.getMetadata().getName()
                        + ", so that no new pod there gets a sidecar. Look at its namespaceSelector, and at the namespace's"
                        + " labels.");
    }

    private static Optional<String> changed(String what) {
        return Optional.of("MutatingWebhookConfiguration stockade-injector was changed and " + what
                + ". Upgrade the chart, which puts it back.");
    }

    private static String path(WebhookClientConfig client) {
        if (client.getService() != null) {
            return String.valueOf(client.getService().getPath());
        }
        return client.getUrl() == null ? "" : URI.create(client.getUrl()).getPath();
    }

    private static boolean coversPods(RuleWithOperations rule) {
        return any(rule.getApiGroups(), "")
                && any(rule.getApiVersions(), "v1")
                && any(rule.getOperations(), "CREATE")
                && any(rule.getResources(), "pods")
                && !"Cluster".equals(rule.getScope());
    }

    private static boolean any(List<String> values, String wanted) {
        return values.contains(wanted) || values.contains("*");
    }

    private static boolean isEverything(@Nullable LabelSelector selector) {
        return selector == null
                || ((selector.getMatchLabels() == null
                                || selector.getMatchLabels().isEmpty())
                        && selector.getMatchExpressions().isEmpty());
    }
}
