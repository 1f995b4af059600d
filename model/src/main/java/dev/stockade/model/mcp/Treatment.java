package dev.stockade.model.mcp;

/** What happens to a message because of its method. */
public enum Treatment {
    /** Passes once the agent has any grant at the server. */
    PLUMBING,
    /** Passes, and its result is cut down to what the agent may see. */
    FILTERED,
    /** Passes if the policy allows what it names. */
    GUARDED,
    /** Never passes. */
    DENIED
}
