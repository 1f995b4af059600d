package dev.stockade.operator.admission;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the API server's trust in the webhooks: writes the roots into {@code clientConfig.caBundle} of every hook of the two
 * configurations, and nothing else there. The chart owns the rest, and an upgrade of it may take the bundle away, so they are
 * watched. Runs on every replica; two that write the same are no harm.
 */
public final class WebhookTrust implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WebhookTrust.class);
    private static final Duration RECHECK = Duration.ofSeconds(10);

    /** Under the name of all that the operator applies, so that people see in managedFields whose the field is. */
    private static final PatchContext AS_OPERATOR = new PatchContext.Builder()
            .withPatchType(PatchType.JSON)
            .withFieldManager("stockade-operator")
            .build();

    private final Supplier<String> roots;
    private final Watched<MutatingWebhookConfiguration> mutating;
    private final Watched<ValidatingWebhookConfiguration> validating;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("webhook-trust").factory());

    /**
     * Watches nothing before {@link #start}.
     *
     * @param mutatingName of the MutatingWebhookConfiguration
     * @param validatingName of the ValidatingWebhookConfiguration
     * @param roots PEM; empty as long as there are none
     */
    public WebhookTrust(KubernetesClient client, String mutatingName, String validatingName, Supplier<String> roots) {
        this.roots = requireNonNull(roots);
        mutating = new Watched<>(
                client.admissionRegistration()
                        .v1()
                        .mutatingWebhookConfigurations()
                        .withName(mutatingName),
                Hook::of);
        validating = new Watched<>(
                client.admissionRegistration()
                        .v1()
                        .validatingWebhookConfigurations()
                        .withName(validatingName),
                Hook::of);
    }

    /** Begins to watch. Where the API server cannot be asked yet, it is asked again every ten seconds. */
    public void start() {
        var _ = thread.scheduleWithFixedDelay(this::check, 0, RECHECK.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The roots changed: writes them at once. */
    public void rootsChanged() {
        thread.execute(this::check);
    }

    @Override
    public void close() {
        mutating.close();
        validating.close();
        thread.shutdownNow();
    }

    private void check() {
        try {
            String pem = roots.get();
            if (pem.isEmpty()) {
                return;
            }
            String bundle = Base64.getEncoder().encodeToString(pem.getBytes(UTF_8));
            mutating.ensure(bundle, this::rootsChanged);
            validating.ensure(bundle, this::rootsChanged);
        } catch (RuntimeException e) {
            // Thrown out of here, it would end the schedule.
            LOG.atWarn()
                    .addKeyValue("reason", e.getMessage())
                    .log("cannot write the CA bundle of the webhooks, trying again in ten seconds");
        }
    }

    private static final class Watched<T extends HasMetadata> {
        private final Resource<T> resource;
        private final Function<T, List<Hook>> hooks;
        private volatile List<SharedIndexInformer<T>> informer = List.of();

        Watched(Resource<T> resource, Function<T, List<Hook>> hooks) {
            this.resource = resource;
            this.hooks = hooks;
        }

        void ensure(String bundle, Runnable changed) {
            if (informer.isEmpty()) {
                informer = List.of(resource.inform(new OnChange<>(changed)));
            }
            informer.getFirst().getStore().list().forEach(configuration -> write(configuration, bundle));
        }

        private void write(T configuration, String bundle) {
            ArrayNode patch = JsonNodeFactory.instance.arrayNode();
            List<Hook> all = hooks.apply(configuration);
            for (int i = 0; i < all.size(); i++) {
                if (!Objects.equals(all.get(i).client().getCaBundle(), bundle)) {
                    // The test keeps the bundle from a hook that has moved meanwhile.
                    patch.addObject()
                            .put("op", "test")
                            .put("path", "/webhooks/" + i + "/name")
                            .put("value", all.get(i).name());
                    patch.addObject()
                            .put("op", "add")
                            .put("path", "/webhooks/" + i + "/clientConfig/caBundle")
                            .put("value", bundle);
                }
            }
            if (!patch.isEmpty()) {
                resource.patch(AS_OPERATOR, patch.toString());
                LOG.atInfo()
                        .addKeyValue(
                                "configuration", configuration.getMetadata().getName())
                        .log("wrote the CA bundle of the webhooks");
            }
        }

        void close() {
            informer.forEach(SharedIndexInformer::close);
        }
    }

    private record OnChange<T>(Runnable changed) implements ResourceEventHandler<T> {
        @Override
        public void onAdd(T added) {
            changed.run();
        }

        @Override
        public void onUpdate(T before, T after) {
            changed.run();
        }

        @Override
        public void onDelete(T deleted, boolean finalStateUnknown) {}
    }
}
