package dev.stockade.crds.server;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.stockade.crds.common.Bytes;
import dev.stockade.crds.common.Durations;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How much one sidecar of the server takes on. Sizes and durations are texts as in the manifest. */
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
        value =
                "!has(self.requestBytes) || (isQuantity(self.requestBytes) && quantity(self.requestBytes).compareTo(quantity('1Ki')) >= 0 && quantity(self.requestBytes).compareTo(quantity('64Mi')) <= 0)",
        message = "limits.requestBytes is not a size from 1Ki to 64Mi, such as 4Mi",
        fieldPath = ".requestBytes")
@ValidationRule(
        value =
                "!has(self.bufferBytes) || (isQuantity(self.bufferBytes) && quantity(self.bufferBytes).compareTo(quantity('1Mi')) >= 0 && quantity(self.bufferBytes).compareTo(quantity('1Gi')) <= 0)",
        message = "limits.bufferBytes is not a size from 1Mi to 1Gi, such as 32Mi",
        fieldPath = ".bufferBytes")
@ValidationRule(
        value =
                "!has(self.requestBytes) || !has(self.bufferBytes) || !isQuantity(self.requestBytes) || !isQuantity(self.bufferBytes) || quantity(self.requestBytes).asInteger() * 4 <= quantity(self.bufferBytes).asInteger()",
        message =
                "limits.requestBytes is more than a quarter of limits.bufferBytes, which is what one agent may hold; lower the one or raise the other",
        fieldPath = ".requestBytes")
@ValidationRule(
        value =
                "!has(self.requestTimeout) || (self.requestTimeout.matches('^([0-9]{1,6}(h|m|s)){1,3}$') && duration(self.requestTimeout) >= duration('1s') && duration(self.requestTimeout) <= duration('24h'))",
        message = "limits.requestTimeout is not a duration from 1s to 24h, such as 30s or 5m",
        fieldPath = ".requestTimeout")
@ValidationRule(
        value =
                "!has(self.staleAfter) || (self.staleAfter.matches('^([0-9]{1,6}(h|m|s)){1,3}$') && duration(self.staleAfter) >= duration('1m') && duration(self.staleAfter) <= duration('24h'))",
        message = "limits.staleAfter is not a duration from 1m to 24h, such as 30m or 1h",
        fieldPath = ".staleAfter")
public record Limits(
        @Default("4Mi")
        @Size(min = 1, max = 16)
        @Pattern(Bytes.PATTERN)
        @JsonPropertyDescription("The largest request body; a larger one gets 413.")
        String requestBytes,

        @Default("32Mi")
        @Size(min = 1, max = 16)
        @Pattern(Bytes.PATTERN)
        @JsonPropertyDescription(
                "One budget for bodies, filtered lists and unread data; a quarter of it per agent. At most half of the sidecar's direct memory is used; PolicyEnforced names a larger wish.")
        String bufferBytes,

        @Default("256")
        @Min(1)
        @Max(1024)
        @JsonPropertyDescription(
                "Requests at a time; half of it per agent. Open event streams are counted apart: there may be twice as many.")
        Integer concurrentRequests,

        @Default("5m")
        @Size(min = 2, max = 24)
        @Pattern(Durations.PATTERN)
        @JsonPropertyDescription("How long a request may take that is not a stream: 1s to 24h.")
        String requestTimeout,

        @Default("600") @Min(1) @Max(1000000) @JsonPropertyDescription("Messages a minute, per agent and sidecar.")
        Integer callsPerMinute,

        @Default("1h")
        @Size(min = 2, max = 24)
        @Pattern(Durations.PATTERN)
        @JsonPropertyDescription(
                "How long a sidecar serves without confirmation that its policy is current: 1m to 24h.")
        String staleAfter) {
    /** Every default. */
    public static final Limits DEFAULT = new Limits(null, null, null, null, null, null);

    public Limits(
            @Nullable String requestBytes,
            @Nullable String bufferBytes,
            @Nullable Integer concurrentRequests,
            @Nullable String requestTimeout,
            @Nullable Integer callsPerMinute,
            @Nullable String staleAfter) {
        this.requestBytes = requireNonNullElse(requestBytes, "4Mi");
        this.bufferBytes = requireNonNullElse(bufferBytes, "32Mi");
        this.concurrentRequests = requireNonNullElse(concurrentRequests, 256);
        this.requestTimeout = requireNonNullElse(requestTimeout, "5m");
        this.callsPerMinute = requireNonNullElse(callsPerMinute, 600);
        this.staleAfter = requireNonNullElse(staleAfter, "1h");
    }

    /** The largest request body, in bytes. */
    public long requestSize() {
        return Bytes.parse(requestBytes).count();
    }

    /** The budget of one sidecar, in bytes. */
    public long bufferSize() {
        return Bytes.parse(bufferBytes).count();
    }

    /** How long a request may take that is not a stream. */
    public Duration timeout() {
        return Durations.parse(requestTimeout);
    }

    /** How long a sidecar serves without confirmation that its policy is current. */
    public Duration stale() {
        return Durations.parse(staleAfter);
    }
}
