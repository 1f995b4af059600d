package dev.stockade.interop;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Something that is run without the mesh, and through it.
 *
 * @param generation of the protocol, by its revision
 * @param direct runs it without the mesh
 * @param through runs it through the mesh, under a policy that allows everything
 * @param different the checks that go differently through the mesh, and why that is right
 */
record Suite(
        String name,
        String generation,
        Supplier<List<Check>> direct,
        Supplier<List<Check>> through,
        Map<String, String> different) {
    Suite {
        requireNonNull(name);
        requireNonNull(generation);
        requireNonNull(direct);
        requireNonNull(through);
        different = Map.copyOf(different);
    }

    /** What runs against a server at a URL, to its end. */
    @FunctionalInterface
    interface Client {
        List<Check> run(URI url);
    }

    /** A client, which finds the server at its sidecar's local endpoint; each run has a server that was started for it. */
    static Suite of(String name, String generation, Supplier<Served> server, Client client) {
        return of(name, generation, server, client, TwoSidecars::local);
    }

    /** A client that finds the server by the name of its Service. */
    static Suite byName(String name, String generation, Supplier<Served> server, Client client) {
        return of(name + ", by name", generation, server, client, TwoSidecars::captured);
    }

    private static Suite of(
            String name,
            String generation,
            Supplier<Served> server,
            Client client,
            Function<TwoSidecars, URI> whereTo) {
        return new Suite(
                name,
                generation,
                () -> {
                    try (Served served = server.get()) {
                        return client.run(served.url());
                    }
                },
                () -> {
                    try (Served served = server.get();
                            TwoSidecars mesh = new TwoSidecars(served.port(), "/mcp")) {
                        List<Check> checks = client.run(whereTo.apply(mesh));
                        mesh.wasUsed();
                        return checks;
                    }
                },
                Map.of());
    }

    Suite differing(Map<String, String> checks) {
        return new Suite(name, generation, direct, through, checks);
    }

    @Override
    public String toString() {
        return name + " (" + generation + ")";
    }
}
