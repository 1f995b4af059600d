package dev.stockade.sidecar.environment;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a probe of Kubernetes does, with its timeout. */
public sealed interface ProbeAction {
    int port();

    Duration timeout();

    /**
     * A GET.
     *
     * @param headers names and values in turn
     */
    record HttpGet(int port, boolean https, String path, List<String> headers, Duration timeout)
            implements ProbeAction {
        public HttpGet {
            requireNonNull(path);
            headers = List.copyOf(headers);
        }
    }

    /** A connection. */
    record TcpSocket(int port, Duration timeout) implements ProbeAction {}

    /** A call of {@code grpc.health.v1.Health/Check}. */
    record Grpc(int port, String service, Duration timeout) implements ProbeAction {}

    /** @throws IllegalArgumentException if it is none of the three, or its port is not a number */
    static ProbeAction of(Map<String, Object> probe) {
        Duration timeout =
                Duration.ofSeconds(probe.get("timeoutSeconds") instanceof Long seconds && seconds > 0 ? seconds : 1);
        if (probe.containsKey("httpGet")) {
            Map<String, Object> http = Json.object(probe, "httpGet");
            String path = text(http, "path");
            return new HttpGet(
                    port(http),
                    text(http, "scheme").toUpperCase(Locale.ROOT).equals("HTTPS"),
                    path.isEmpty() ? "/" : path.startsWith("/") ? path : "/" + path,
                    headers(http),
                    timeout);
        }
        if (probe.containsKey("tcpSocket")) {
            return new TcpSocket(port(Json.object(probe, "tcpSocket")), timeout);
        }
        if (probe.containsKey("grpc")) {
            Map<String, Object> grpc = Json.object(probe, "grpc");
            return new Grpc(port(grpc), text(grpc, "service"), timeout);
        }
        throw new IllegalArgumentException("none of httpGet, tcpSocket and grpc");
    }

    private static int port(Map<String, Object> action) {
        if (action.get("port") instanceof Long port && port >= 1 && port <= 65535) {
            return port.intValue();
        }
        throw new IllegalArgumentException("port is not a number from 1 to 65535");
    }

    private static String text(Map<String, Object> action, String key) {
        return action.get(key) instanceof String text ? text : "";
    }

    private static List<String> headers(Map<String, Object> http) {
        List<String> headers = new ArrayList<>();
        if (http.get("httpHeaders") instanceof List<?> list) {
            for (Object entry : list) {
                if (entry instanceof Map<?, ?> header) {
                    headers.add(String.valueOf(header.get("name")));
                    headers.add(String.valueOf(header.get("value")));
                }
            }
        }
        return headers;
    }
}
