package dev.stockade.operator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.stockade.operator.admission.Hook;
import dev.stockade.operator.admission.WebhookTrust;
import dev.stockade.operator.authority.Census;
import dev.stockade.operator.authority.Pem;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Who holds up a rotation: the sidecars, and the API server, which must believe the new root before a webhook is served with a
 * certificate below it. Asked only while something is being rotated.
 */
final class RotationCensus implements Census {
    private final Census sidecars;
    private final KubernetesClient client;
    private final Supplier<List<X509Certificate>> roots;

    /** @param roots that the API server is to believe */
    RotationCensus(Census sidecars, KubernetesClient client, Supplier<List<X509Certificate>> roots) {
        this.sidecars = requireNonNull(sidecars);
        this.client = requireNonNull(client);
        this.roots = requireNonNull(roots);
    }

    @Override
    public List<String> notTrusting(long epoch) {
        List<String> holding = new ArrayList<>(sidecars.notTrusting(epoch));
        List<X509Certificate> needed = roots.get();
        hooks().filter(hook -> !bundle(hook.client()).containsAll(needed))
                .map(hook -> "webhook " + hook.name() + " does not carry every root in its caBundle yet")
                .forEach(holding::add);
        return List.copyOf(holding);
    }

    @Override
    public List<String> notCertifiedBy(X509Certificate issuer) {
        return sidecars.notCertifiedBy(issuer);
    }

    private Stream<Hook> hooks() {
        var registrations = client.admissionRegistration().v1();
        Stream<Hook> mutating = Optional.ofNullable(registrations
                        .mutatingWebhookConfigurations()
                        .withName(Assembly.INJECTOR)
                        .get())
                .map(Hook::of)
                .stream()
                .flatMap(List::stream);
        Stream<Hook> validating = Optional.ofNullable(registrations
                        .validatingWebhookConfigurations()
                        .withName(Assembly.VALIDATOR)
                        .get())
                .map(Hook::of)
                .stream()
                .flatMap(List::stream);
        return Stream.concat(mutating, validating);
    }

    /** Empty where it cannot be read: {@link WebhookTrust} writes it anew. */
    private static List<X509Certificate> bundle(WebhookClientConfig client) {
        if (client.getCaBundle() == null) {
            return List.of();
        }
        try {
            return Pem.certificates(new String(Base64.getDecoder().decode(client.getCaBundle()), UTF_8));
        } catch (IllegalArgumentException | GeneralSecurityException e) {
            return List.of();
        }
    }
}
