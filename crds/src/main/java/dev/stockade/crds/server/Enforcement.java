package dev.stockade.crds.server;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Whether the policy decides or only watches. */
public enum Enforcement {
    @JsonProperty("Enforce")
    ENFORCE,
    /** A live, unsuspended agent gets through, and what the policy would have said is recorded. */
    @JsonProperty("Observe")
    OBSERVE
}
