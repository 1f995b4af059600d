package dev.stockade.crds.trust;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.stockade.crds.common.Condition;
import dev.stockade.crds.schema.Merge;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the operator says of the certificate authority.
 *
 * @param observedGeneration the generation of the spec that this was said of; -1 before the operator has seen any
 * @param rootSha256 the root that signs, 64 lower-case hex digits; empty before there was one. Once it names a root, the
 *     operator refuses to sign with any other that it did not rotate to
 * @param roots the trust bundle: the root that signs and, during a rotation, the other one
 * @param issuers the certificates that may have issued a peer's, the one that issues now first
 * @param epoch grows by one with every step of every rotation; the operator refuses a CA Secret with a lower one
 * @param step of a rotation, for people; {@code Stable} outside of one
 * @param lastRotation absent before the first
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Merge.class, input = """
        {"properties": {
          "conditions": {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
          "roots": {"x-kubernetes-list-type": "atomic"},
          "issuers": {"x-kubernetes-list-type": "atomic"}}}
        """)
public record MeshTrustStatus(
        @Default("-1")
        @JsonPropertyDescription("The generation that this was said of; -1 before the operator has seen any.")
        Long observedGeneration,

        @Size(max = 32)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonPropertyDescription("Ready, Stalled and Rotating.")
        List<Condition> conditions,

        @Size(max = 64)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonPropertyDescription("The SHA-256 of the root that signs, in hex.")
        String rootSha256,

        @Size(max = 4)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonPropertyDescription("The trust bundle: the root that signs and, during a rotation, the other one.")
        List<TrustedCertificate> roots,

        @Size(max = 4)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonPropertyDescription("Which certificates may have issued a peer's, the one that issues now first.")
        List<TrustedCertificate> issuers,

        @Default("0")
        @JsonPropertyDescription("Grows by one with every step of every rotation; an older CA Secret is refused.")
        Long epoch,

        @Size(max = 64)
        @JsonPropertyDescription("Where a rotation is, such as Issuer/SignWithNew; Stable outside of one.")
        String step,

        @JsonInclude(JsonInclude.Include.NON_NULL)
        @JsonPropertyDescription("The rotation that was finished last.")
        @Nullable
        LastRotation lastRotation) {
    /** Before the operator has seen the resource. */
    public static final MeshTrustStatus NONE = new MeshTrustStatus(null, null, null, null, null, null, null, null);

    public MeshTrustStatus(
            @Nullable Long observedGeneration,
            @Nullable List<Condition> conditions,
            @Nullable String rootSha256,
            @Nullable List<TrustedCertificate> roots,
            @Nullable List<TrustedCertificate> issuers,
            @Nullable Long epoch,
            @Nullable String step,
            @Nullable LastRotation lastRotation) {
        this.observedGeneration = requireNonNullElse(observedGeneration, -1L);
        this.conditions = conditions == null ? List.of() : List.copyOf(conditions);
        this.rootSha256 = requireNonNullElse(rootSha256, "");
        this.roots = roots == null ? List.of() : List.copyOf(roots);
        this.issuers = issuers == null ? List.of() : List.copyOf(issuers);
        this.epoch = requireNonNullElse(epoch, 0L);
        this.step = requireNonNullElse(step, "Stable");
        this.lastRotation = lastRotation;
    }
}
