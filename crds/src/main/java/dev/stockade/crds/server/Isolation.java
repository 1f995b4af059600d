package dev.stockade.crds.server;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Who keeps the network away from the server's pods. */
public enum Isolation {
    /** The operator owns a NetworkPolicy. */
    @JsonProperty("Managed")
    MANAGED,
    /** The team brings its own. */
    @JsonProperty("None")
    NONE
}
