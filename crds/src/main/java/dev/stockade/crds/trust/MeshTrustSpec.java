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
        value = "!has(self.issuerLifetime) || " + MeshTrustSpec.ISSUER_SECONDS + " >= 3600",
        message = "spec.issuerLifetime must be at least 1h: certificates of an hour are signed with it",
        fieldPath = ".issuerLifetime")
@ValidationRule(
        value = "!has(self.issuerLifetime) || !has(self.rootLifetime) || " + MeshTrustSpec.ISSUER_SECONDS + " * 2 <= "
                + MeshTrustSpec.ROOT_SECONDS,
        message = "spec.issuerLifetime must be at most half of spec.rootLifetime: a root signs several issuers",
        fieldPath = ".issuerLifetime")
@ValidationRule(
        value = "!has(self.rootLifetime) || " + MeshTrustSpec.ROOT_SECONDS + " <= 36500 * 86400",
        message = "spec.rootLifetime must be at most 36500d",
        fieldPath = ".rootLifetime")
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
        @Pattern(MeshTrustSpec.LIFETIME)
        @JsonPropertyDescription(
                "How long a root that the operator makes is used at most; it is rotated after two thirds, such as 3650d.")
        String rootLifetime,

        @Default("30d")
        @Size(min = 2, max = 24)
        @Pattern(MeshTrustSpec.LIFETIME)
        @JsonPropertyDescription(
                "How long an issuing certificate lives; it is rotated after two thirds. 1h to half of rootLifetime, such as 30d.")
        String issuerLifetime,

        @JsonPropertyDescription(
                "An existing CA (tls.crt, tls.key, ca.crt) in the operator's namespace, below which the operator makes its"
                        + " issuers. Set it by the chart's value caSecretName, which also lets the operator read it.")
        @Nullable
        CaSecretRef caSecretRef,

        @Default("[]")
        @Size(max = 256)
        @JsonPropertyDescription("Agents that are cut off, whatever their own resource says.")
        List<Suspension> suspended) {
    /** Days first, as CEL knows none and the rules take them off. All that it matches, {@link Durations} reads. */
    static final String LIFETIME = "^([0-9]{1,5}d)?([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$";

    /** In CEL: how many seconds issuerLifetime says. */
    static final String ISSUER_SECONDS = "(self.issuerLifetime.contains('d')"
            + " ? int(self.issuerLifetime.substring(0, self.issuerLifetime.indexOf('d'))) * 86400"
            + " + (self.issuerLifetime.endsWith('d') ? 0"
            + " : duration(self.issuerLifetime.substring(self.issuerLifetime.indexOf('d') + 1)).getSeconds())"
            + " : duration(self.issuerLifetime).getSeconds())";

    /** In CEL: how many seconds rootLifetime says. */
    static final String ROOT_SECONDS = "(self.rootLifetime.contains('d')"
            + " ? int(self.rootLifetime.substring(0, self.rootLifetime.indexOf('d'))) * 86400"
            + " + (self.rootLifetime.endsWith('d') ? 0"
            + " : duration(self.rootLifetime.substring(self.rootLifetime.indexOf('d') + 1)).getSeconds())"
            + " : duration(self.rootLifetime).getSeconds())";

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
