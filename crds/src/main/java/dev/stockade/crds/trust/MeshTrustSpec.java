package dev.stockade.crds.trust;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.stockade.crds.common.Durations;
import dev.stockade.crds.schema.Merge;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The trust domain and its certificate authority.
 *
 * @param caSecretRef an existing authority in the operator's namespace; absent: the operator makes its own
 * @param suspended agents that are cut off whatever their own resource says
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
        value = "self.trustDomain == oldSelf.trustDomain",
        message =
                "spec.trustDomain is immutable, every identity carries it; a mesh with another trust domain is a new installation",
        fieldPath = ".trustDomain")
@ValidationRule(
        value = "!has(self.rootLifetime) || self.rootLifetime == '3650d'",
        message = "spec.rootLifetime is not enforced by this release; leave it at 3650d",
        fieldPath = ".rootLifetime")
@ValidationRule(
        value = "!has(self.issuerLifetime) || self.issuerLifetime == '30d'",
        message = "spec.issuerLifetime is not enforced by this release; leave it at 30d",
        fieldPath = ".issuerLifetime")
@ValidationRule(
        value = "!has(self.caSecretRef)",
        message = "spec.caSecretRef is not enforced by this release; remove it, and the operator makes its own CA",
        fieldPath = ".caSecretRef")
@SchemaCustomizer(value = Merge.class, input = """
        {"properties": {"suspended": {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["namespace", "name"]}}}
        """)
public record MeshTrustSpec(
        @Required
        @Size(min = 1, max = 255)
        @Pattern("^[a-z0-9._-]+$")
        @JsonPropertyDescription("The trust domain of every SPIFFE ID. Immutable.")
        String trustDomain,

        @Default("3650d")
        @Size(min = 2, max = 24)
        @Pattern(Durations.PATTERN_WITH_DAYS)
        @JsonPropertyDescription("How long a root lives.")
        String rootLifetime,

        @Default("30d")
        @Size(min = 2, max = 24)
        @Pattern(Durations.PATTERN_WITH_DAYS)
        @JsonPropertyDescription("How long an issuing certificate lives.")
        String issuerLifetime,

        @JsonPropertyDescription("An existing CA (tls.crt, tls.key, ca.crt) in the operator's namespace.") @Nullable
        CaSecretRef caSecretRef,

        @Default("[]")
        @Size(max = 256)
        @JsonPropertyDescription("Agents that are cut off, whatever their own resource says.")
        List<Suspension> suspended) {
    public MeshTrustSpec(
            String trustDomain,
            @Nullable String rootLifetime,
            @Nullable String issuerLifetime,
            @Nullable CaSecretRef caSecretRef,
            @Nullable List<Suspension> suspended) {
        this.trustDomain = requireNonNull(trustDomain);
        this.rootLifetime = requireNonNullElse(rootLifetime, "3650d");
        this.issuerLifetime = requireNonNullElse(issuerLifetime, "30d");
        this.caSecretRef = caSecretRef;
        this.suspended = suspended == null ? List.of() : List.copyOf(suspended);
    }

    /** A trust domain with every default. */
    public static MeshTrustSpec of(String trustDomain) {
        return new MeshTrustSpec(trustDomain, null, null, null, null);
    }

    /** How long a root lives. */
    public Duration rootDuration() {
        return Durations.parse(rootLifetime);
    }

    /** How long an issuing certificate lives. */
    public Duration issuerDuration() {
        return Durations.parse(issuerLifetime);
    }
}
