package dev.stockade.crds.common;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What happens to pods that were there before their sidecar could be injected. */
public enum Restart {
    /** They are named in {@code Injected}, and the team restarts them. */
    @JsonProperty("Manual")
    MANUAL,
    /** They are evicted one at a time, honouring disruption budgets. */
    @JsonProperty("Evict")
    EVICT
}
