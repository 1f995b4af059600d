package dev.stockade.operator.admission;

/** The names, ports and paths that an injected pod has from us; the sidecar knows them too. */
final class Sidecar {
    static final String CONTAINER = "stockade-sidecar";
    static final long UID = 65532;

    static final String TOKEN_VOLUME = "stockade-token";
    static final String TOKEN_PATH = "/var/run/secrets/stockade.dev";
    static final String TRUST_VOLUME = "stockade-trust";
    static final String TRUST_PATH = "/var/lib/stockade";
    static final String AUDIENCE = "stockade.dev";

    static final int OUTBOUND_PORT = 15001;
    static final int INBOUND_PORT = 15008;
    static final int HEALTH_PORT = 15020;

    static final String INJECT_LABEL = "stockade.dev/inject";
    static final String INJECTED_LABEL = "stockade.dev/sidecar";
    static final String INJECTED = "injected";

    static final String POD_LABELS = "STOCKADE_POD_LABELS";
    static final String CAPTURE = "STOCKADE_CAPTURE";
    static final String PROBES = "STOCKADE_PROBES";
    static final String RELEASE = "STOCKADE_RELEASE";

    private Sidecar() {}
}
