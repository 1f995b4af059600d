package dev.stockade.model.identity;

/** What a workload is in the mesh; the segment of its SPIFFE ID. */
public enum WorkloadKind {
    /** Calls servers; an {@code AgentIdentity}. */
    AGENT("agent"),
    /** Is called; a {@code SecureMcpServer}. */
    MCP("mcp");

    private final String segment;

    WorkloadKind(String segment) {
        this.segment = segment;
    }

    /** The path segment that stands for this kind in a SPIFFE ID. */
    public String segment() {
        return segment;
    }
}
