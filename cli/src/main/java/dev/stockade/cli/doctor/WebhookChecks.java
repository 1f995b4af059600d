package dev.stockade.cli.doctor;

import static dev.stockade.cli.doctor.Finding.fail;
import static dev.stockade.cli.doctor.Finding.ok;
import static dev.stockade.cli.doctor.Finding.warn;
import static dev.stockade.cli.doctor.Labels.each;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.stockade.cli.status.Names;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.crds.trust.TrustedCertificate;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.RuleWithOperations;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Whether the API server asks the operator about pods, and trusts its answers. */
final class WebhookChecks {
    private static final String INJECTOR = "stockade-injector";
    private static final String VALIDATOR = "stockade-validator";

    private final Installation installation;

    WebhookChecks(Installation installation) {
        this.installation = installation;
    }

    /** Of all webhook configurations in the cluster. */
    private record Hooks(
            List<MutatingWebhookConfiguration> mutating, List<ValidatingWebhookConfiguration> validating) {}

    List<Finding> all() {
        Known<Hooks> hooks = installation.mutating().and(installation.validating(), Hooks::new);
        return List.of(
                hooks.check("webhooks-there", WebhookChecks::there),
                hooks.and(installation.trust(), WebhookChecks::trusted).check("webhooks-trust", Function.identity()),
                installation.dryRun().check("webhooks-answer", WebhookChecks::answer),
                installation.mutating().check("other-webhooks", WebhookChecks::others));
    }

    private static Finding there(Hooks hooks) {
        List<String> missing = new ArrayList<>();
        if (hooks.mutating().stream().noneMatch(c -> c.getMetadata().getName().equals(INJECTOR))) {
            missing.add("MutatingWebhookConfiguration " + INJECTOR);
        }
        if (hooks.validating().stream().noneMatch(c -> c.getMetadata().getName().equals(VALIDATOR))) {
            missing.add("ValidatingWebhookConfiguration " + VALIDATOR);
        }
        return missing.isEmpty()
                ? ok("webhooks-there", "Both webhook configurations are there.")
                : fail(
                        "webhooks-there",
                        "Missing: " + String.join(", ", missing)
                                + ". Pods get no sidecar, or are not checked. helm upgrade the release.");
    }

    /** Of each of our hooks, by its name. */
    private static Map<String, WebhookClientConfig> ours(Hooks hooks) {
        Map<String, WebhookClientConfig> ours = new TreeMap<>();
        hooks.mutating().stream()
                .filter(c -> c.getMetadata().getName().equals(INJECTOR))
                .flatMap(c -> each(c.getWebhooks()).stream())
                .forEach(h -> ours.put(h.getName(), h.getClientConfig()));
        hooks.validating().stream()
                .filter(c -> c.getMetadata().getName().equals(VALIDATOR))
                .flatMap(c -> each(c.getWebhooks()).stream())
                .forEach(h -> ours.put(h.getName(), h.getClientConfig()));
        return ours;
    }

    private static Finding trusted(Hooks hooks, Optional<MeshTrust> trust) {
        Set<String> roots = trust.stream()
                .flatMap(t -> t.getStatus().roots().stream())
                .map(TrustedCertificate::sha256)
                .collect(Collectors.toSet());
        for (Map.Entry<String, WebhookClientConfig> hook : ours(hooks).entrySet()) {
            Set<String> bundle = new HashSet<>(certificates(hook.getValue().getCaBundle()));
            if (bundle.isEmpty()) {
                return fail(
                        "webhooks-trust",
                        "The hook " + hook.getKey() + " has no caBundle, so the API server cannot ask the"
                                + " operator. The operator writes it: see its log.");
            }
            bundle.retainAll(roots);
            if (bundle.isEmpty()) {
                return fail(
                        "webhooks-trust",
                        "The caBundle of the hook " + hook.getKey() + " has none of MeshTrust default's roots,"
                                + " so the API server does not believe the operator. The operator writes it: look for who writes another,"
                                + " such as a GitOps tool.");
            }
        }
        return ok("webhooks-trust", "The API server trusts the mesh's own root.");
    }

    /** The SHA-256 of each certificate, in hex; none where it cannot be read. */
    private static List<String> certificates(@Nullable String bundle) {
        if (bundle == null || bundle.isEmpty()) {
            return List.of();
        }
        List<String> sums = new ArrayList<>();
        try {
            byte[] pem = Base64.getDecoder().decode(bundle.getBytes(ISO_8859_1));
            for (Certificate certificate :
                    CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem))) {
                sums.add(HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded())));
            }
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return List.of();
        }
        return List.copyOf(sums);
    }

    private static Finding answer(Trial trial) {
        return switch (trial) {
            case Trial.Injected() -> ok("webhooks-answer", "A pod that was created in a dry run got its sidecar.");
            case Trial.Nowhere() ->
                ok("webhooks-answer", "No namespace is in the mesh, so no pod was created in a dry run.");
            case Trial.Bare() ->
                fail(
                        "webhooks-answer",
                        "A pod that was created in a dry run got no sidecar: the API server does not ask the injector."
                                + " helm upgrade the release, which restores the webhook configurations.");
            case Trial.Refused(String sentence) ->
                fail(
                        "webhooks-answer",
                        "A pod that was created in a dry run was refused: " + sentence
                                + (sentence.contains("failed calling webhook")
                                        ? " Check that the operator runs, and that the API server reaches port 9443 of its pods."
                                        : " No pod like it starts there until that is mended."));
        };
    }

    private static Finding others(List<MutatingWebhookConfiguration> all) {
        List<String> others = all.stream()
                .filter(c -> !c.getMetadata().getName().equals(INJECTOR))
                .filter(c -> each(c.getWebhooks()).stream()
                        .anyMatch(h -> each(h.getRules()).stream().anyMatch(WebhookChecks::changesPods)))
                .map(c -> c.getMetadata().getName())
                .toList();
        return others.isEmpty()
                ? ok("other-webhooks", "No other webhook changes pods.")
                : warn(
                        "other-webhooks",
                        Names.first(others)
                                + " may change pods, too. What they add after the sidecar is checked again and refused where it would get"
                                + " around it: see docs/troubleshooting.md if a pod is refused.");
    }

    private static boolean changesPods(RuleWithOperations rule) {
        return (each(rule.getResources()).contains("pods")
                        || each(rule.getResources()).contains("*")
                        || each(rule.getResources()).contains("*/*"))
                && (each(rule.getOperations()).contains("CREATE")
                        || each(rule.getOperations()).contains("*"))
                && (each(rule.getApiGroups()).contains("")
                        || each(rule.getApiGroups()).contains("*"));
    }
}
