package dev.stockade.operator.admission;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import java.util.List;

/** What matters of a webhook, mutating or validating: its name, and how the API server calls it. */
public record Hook(String name, WebhookClientConfig client) {
    public Hook {
        requireNonNull(name);
        requireNonNull(client);
    }

    /** In the order of the configuration. */
    public static List<Hook> of(MutatingWebhookConfiguration configuration) {
        return configuration.getWebhooks().stream()
                .map(hook -> new Hook(hook.getName(), hook.getClientConfig()))
                .toList();
    }

    /** In the order of the configuration. */
    public static List<Hook> of(ValidatingWebhookConfiguration configuration) {
        return configuration.getWebhooks().stream()
                .map(hook -> new Hook(hook.getName(), hook.getClientConfig()))
                .toList();
    }
}
