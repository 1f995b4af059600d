package dev.stockade.crds.agent;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/**
 * A Service whose name does not lead into the mesh from some pod of the agent.
 *
 * @param service {@code namespace/name:port}
 * @param address15001 where the server is reached all the same
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record NotCaptured(
        @Required @Size(min = 1, max = 330) @JsonPropertyDescription("The Service as namespace/name:port.")
        String service,

        @Required
        @Size(min = 1, max = 400)
        @JsonPropertyDescription(
                "Where the server is reached all the same: http://127.0.0.1:15001/<namespace>/<server>.")
        String address15001,

        @Required
        @Size(min = 1, max = 1024)
        @JsonPropertyDescription("Why the name does not lead into the mesh, and what would change that.")
        String why) {
    public NotCaptured {
        requireNonNull(service);
        requireNonNull(address15001);
        requireNonNull(why);
    }
}
