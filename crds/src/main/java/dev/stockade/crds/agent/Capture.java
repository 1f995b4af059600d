package dev.stockade.crds.agent;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Whether the names of Services lead into the mesh. */
public enum Capture {
    /** The Service names of the servers that the agent takes. */
    @JsonProperty("Names")
    NAMES,
    /** Only 127.0.0.1:15001 does. */
    @JsonProperty("None")
    NONE
}
