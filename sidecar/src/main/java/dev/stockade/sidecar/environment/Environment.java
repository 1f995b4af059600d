package dev.stockade.sidecar.environment;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.sidecar.identity.TrustBundle;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Everything that this sidecar was told at its pod's admission.
 *
 * @param operatorHost the control channel's Service
 * @param trust the roots at admission; a later bundle that was kept wins
 * @param podAddresses the pod's own, for which alone a CONNECT is accepted
 * @param capture a Service's port ({@code namespace/service:port}) to the loopback address that its name leads to
 * @param probes {@code container/probe} to the probe that Kubernetes would have performed
 * @param release the sidecar's release, for people
 */
public record Environment(
        String operatorHost,
        int operatorPort,
        TrustBundle trust,
        String podNamespace,
        String podName,
        String podUid,
        Set<InetAddress> podAddresses,
        Map<String, InetAddress> capture,
        Map<String, ProbeAction> probes,
        String release) {
    public Environment {
        requireNonNull(operatorHost);
        requireNonNull(trust);
        podAddresses = Set.copyOf(podAddresses);
        capture = Map.copyOf(capture);
        probes = Map.copyOf(probes);
    }

    /**
     * Reads it.
     *
     * @param variables a variable's value by its name, null where it is not set, as {@link System#getenv(String)} has it
     * @throws EnvironmentException with one sentence on the first variable that is wrong
     */
    public static Environment read(Map<String, String> variables) throws EnvironmentException {
        String operator = required(variables, "STOCKADE_OPERATOR");
        int colon = operator.lastIndexOf(':');
        String trustDomain = required(variables, "STOCKADE_TRUST_DOMAIN");
        checked("STOCKADE_TRUST_DOMAIN", trustDomain, SpiffeId::operator);
        return new Environment(
                checked("STOCKADE_OPERATOR", operator, o -> host(o, colon)),
                checked("STOCKADE_OPERATOR", operator, o -> port(o.substring(colon + 1))),
                checked(
                        "STOCKADE_TRUST_BUNDLE",
                        required(variables, "STOCKADE_TRUST_BUNDLE"),
                        pem -> TrustBundle.ofPem(trustDomain, pem)),
                required(variables, "STOCKADE_POD_NAMESPACE"),
                required(variables, "STOCKADE_POD_NAME"),
                required(variables, "STOCKADE_POD_UID"),
                checked("STOCKADE_POD_IPS", required(variables, "STOCKADE_POD_IPS"), Environment::addresses),
                checked("STOCKADE_CAPTURE", optional(variables, "STOCKADE_CAPTURE"), Environment::captures),
                checked("STOCKADE_PROBES", optional(variables, "STOCKADE_PROBES"), Environment::probes),
                variables.getOrDefault("STOCKADE_RELEASE", "unknown"));
    }

    private static String required(Map<String, String> variables, String name) throws EnvironmentException {
        String value = variables.getOrDefault(name, "");
        if (value.isBlank()) {
            throw new EnvironmentException(
                    name + " is not set. The injecting webhook sets it; do not run this image by hand.");
        }
        return value.strip();
    }

    private static String optional(Map<String, String> variables, String name) {
        String value = variables.getOrDefault(name, "");
        return value.isBlank() ? "{}" : value;
    }

    private static <T> T checked(String name, String value, Function<String, T> reader) throws EnvironmentException {
        try {
            return reader.apply(value);
        } catch (IllegalArgumentException e) {
            throw new EnvironmentException(name + " is not usable: " + e.getMessage() + ".");
        }
    }

    private static String host(String operator, int colon) {
        if (colon < 1) {
            throw new IllegalArgumentException("'" + operator + "' is not host:port");
        }
        return operator.substring(0, colon);
    }

    private static int port(String text) {
        if (!text.matches("[1-9][0-9]{0,4}") || Integer.parseInt(text) > 65535) {
            throw new IllegalArgumentException("'" + text + "' is not a port");
        }
        return Integer.parseInt(text);
    }

    private static Set<InetAddress> addresses(String list) {
        Set<InetAddress> addresses = new LinkedHashSet<>();
        for (String literal : list.split(",", -1)) {
            addresses.add(address(literal.strip()));
        }
        return addresses;
    }

    private static InetAddress address(String literal) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(literal);
        try {
            if (bytes != null) {
                return InetAddress.getByAddress(bytes);
            }
        } catch (UnknownHostException e) {
            // Said below: four or sixteen bytes are always an address.
        }
        throw new IllegalArgumentException("'" + literal + "' is not an IP address");
    }

    private static Map<String, InetAddress> captures(String json) {
        Map<String, InetAddress> captures = new LinkedHashMap<>();
        Json.object(json).forEach((service, literal) -> {
            InetAddress address = address(String.valueOf(literal));
            if (!address.isLoopbackAddress()) {
                throw new IllegalArgumentException("'" + literal + "' is not a loopback address");
            }
            captures.put(service, address);
        });
        return captures;
    }

    private static Map<String, ProbeAction> probes(String json) {
        Map<String, ProbeAction> probes = new LinkedHashMap<>();
        Map<String, Object> all = Json.object(json);
        all.keySet().forEach(name -> {
            try {
                probes.put(name, ProbeAction.of(Json.object(all, name)));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
            }
        });
        return probes;
    }
}
