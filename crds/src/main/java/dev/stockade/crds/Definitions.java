package dev.stockade.crds;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The CustomResourceDefinitions, exactly as they are checked in and as the chart installs them. */
public final class Definitions {
    /** The names of the four definitions, in the order in which they are applied. */
    public static final List<String> NAMES = List.of(
            "meshtrusts.stockade.dev",
            "securemcpservers.stockade.dev",
            "agentidentities.stockade.dev",
            "mcpaccesspolicies.stockade.dev");

    private Definitions() {}

    /** One YAML document each, in the order of {@link #NAMES}. */
    public static List<String> yaml() {
        return NAMES.stream().map(Definitions::read).toList();
    }

    private static String read(String name) {
        try (InputStream in = Definitions.class.getResourceAsStream(name + ".yaml")) {
            if (in == null) {
                throw new IllegalStateException("the definition " + name + " is missing from the class path");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("the definition " + name + " cannot be read", e);
        }
    }
}
