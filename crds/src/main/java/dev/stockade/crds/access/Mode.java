package dev.stockade.crds.access;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Whether a policy decides or is only tried out. */
public enum Mode {
    @JsonProperty("Enforce")
    ENFORCE,
    /** Decides and records, neither grants, refuses nor filters. */
    @JsonProperty("Shadow")
    SHADOW
}
