package dev.stockade.operator.control;

import io.grpc.Context;
import io.grpc.Metadata;
import java.util.Optional;

/**
 * The service-account token that came with a call.
 *
 * @param value never to be logged; {@link #toString} does not show it
 */
record SigningToken(String value) {
    static final Context.Key<SigningToken> CONTEXT = Context.key("token");

    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final String SCHEME = "Bearer ";

    /** The token of exactly one {@code authorization: Bearer} entry. */
    static Optional<SigningToken> of(Metadata headers) {
        Iterable<String> values = headers.getAll(AUTHORIZATION);
        if (values == null) {
            return Optional.empty();
        }
        Optional<SigningToken> found = Optional.empty();
        for (String value : values) {
            if (found.isPresent() || !value.startsWith(SCHEME) || value.length() == SCHEME.length()) {
                return Optional.empty();
            }
            found = Optional.of(new SigningToken(value.substring(SCHEME.length())));
        }
        return found;
    }

    @Override
    public String toString() {
        return "SigningToken";
    }
}
