package dev.stockade.interop;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.util.List;
import java.util.function.Supplier;

/**
 * A client's program, and the server that it is run against.
 *
 * @param generation of the protocol, by its revision
 * @param captured whether the client goes by the server's name instead of the local endpoint
 * @param fails the checks that fail even without the mesh
 */
record Suite(
        String name, String generation, Supplier<Served> server, Client client, boolean captured, List<String> fails) {
    Suite {
        requireNonNull(name);
        requireNonNull(generation);
        requireNonNull(server);
        requireNonNull(client);
        fails = List.copyOf(fails);
    }

    Suite(String name, String generation, Supplier<Served> server, Client client) {
        this(name, generation, server, client, false, List.of());
    }

    /** Runs against the server at that URL to its end. */
    @FunctionalInterface
    interface Client {
        List<Check> run(URI url);
    }

    /** The same by the server's name. */
    Suite byName() {
        return new Suite(name + ", by its name", generation, server, client, true, fails);
    }

    Suite failing(String... checks) {
        return new Suite(name, generation, server, client, captured, List.of(checks));
    }

    @Override
    public String toString() {
        return name;
    }
}
