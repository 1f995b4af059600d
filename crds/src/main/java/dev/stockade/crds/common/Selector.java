package dev.stockade.crds.common;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A label selector: all of {@code matchLabels} and all of {@code matchExpressions} have to hold. One with neither selects
 * nothing, unlike Kubernetes' own, and the schema refuses it.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@ValidationRule(
        value =
                "(has(self.matchLabels) && size(self.matchLabels) > 0) || (has(self.matchExpressions) && size(self.matchExpressions) > 0)",
        message =
                "an empty selector is not allowed, it would mean everything; name at least one label under matchLabels")
public record Selector(
        @Size(max = 32) @JsonPropertyDescription("Labels that have to be there with exactly these values.")
        Map<String, @Size(max = 63) @Pattern("^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$") String> matchLabels,

        @Size(max = 16) @JsonPropertyDescription("Requirements on labels, all of which have to hold.")
        List<Requirement> matchExpressions) {
    public Selector(@Nullable Map<String, String> matchLabels, @Nullable List<Requirement> matchExpressions) {
        this.matchLabels = matchLabels == null ? Map.of() : Map.copyOf(matchLabels);
        this.matchExpressions = matchExpressions == null ? List.of() : List.copyOf(matchExpressions);
    }

    /** The selector of these labels and nothing else. */
    public static Selector labels(Map<String, String> matchLabels) {
        return new Selector(matchLabels, List.of());
    }

    /** Whether it says nothing at all, and so selects nothing. */
    public boolean saysNothing() {
        return matchLabels.isEmpty() && matchExpressions.isEmpty();
    }

    /** A requirement on one label. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    @ValidationRule(
            value =
                    "self.operator in ['In', 'NotIn'] ? has(self.values) && size(self.values) > 0 : !has(self.values) || size(self.values) == 0",
            message = "operators In and NotIn need values, Exists and DoesNotExist take none")
    public record Requirement(
            @Required
            @Size(min = 1, max = 317)
            @Pattern("^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$")
            @JsonPropertyDescription("The label's key.")
            String key,

            @Required @JsonPropertyDescription("How the label relates to the values.")
            Operator operator,

            @Size(max = 32)
            @JsonPropertyDescription("Needed for In and NotIn; not allowed for Exists and DoesNotExist.")
            List<@Size(max = 63) String> values) {
        public Requirement(String key, Operator operator, @Nullable List<String> values) {
            this.key = key;
            this.operator = operator;
            this.values = values == null ? List.of() : List.copyOf(values);
        }
    }

    /** How a label relates to the values of a requirement. */
    public enum Operator {
        @JsonProperty("In")
        IN,
        @JsonProperty("NotIn")
        NOT_IN,
        @JsonProperty("Exists")
        EXISTS,
        @JsonProperty("DoesNotExist")
        DOES_NOT_EXIST
    }
}
