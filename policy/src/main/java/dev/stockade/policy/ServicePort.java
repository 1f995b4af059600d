package dev.stockade.policy;

import static java.util.Objects.requireNonNull;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One port of a Service. Ordered by namespace, name and port. */
public record ServicePort(String namespace, String service, int port) implements Comparable<ServicePort> {
    private static final Comparator<ServicePort> ORDER = Comparator.comparing(ServicePort::namespace)
            .thenComparing(ServicePort::service)
            .thenComparingInt(ServicePort::port);
    private static final Pattern TEXT = Pattern.compile("([^/:]+)/([^/:]+):([0-9]{1,5})");

    public ServicePort {
        requireNonNull(namespace);
        requireNonNull(service);
    }

    /** Reads what {@link #toString} writes; anything else is empty. */
    public static Optional<ServicePort> parse(String text) {
        Matcher parts = TEXT.matcher(text);
        return parts.matches()
                ? Optional.of(new ServicePort(parts.group(1), parts.group(2), Integer.parseInt(parts.group(3))))
                : Optional.empty();
    }

    @Override
    public int compareTo(ServicePort other) {
        return ORDER.compare(this, other);
    }

    /** As it stands in the sidecar's address map: {@code namespace/service:port}. */
    @Override
    public String toString() {
        return namespace + "/" + service + ":" + port;
    }
}
