package dev.stockade.sidecar.environment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.sidecar.fixture.TestAuthority;
import dev.stockade.sidecar.identity.TrustBundle;
import java.net.InetAddress;
import java.security.cert.CertificateEncodingException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EnvironmentTest {
    private static final String ROOT = root();

    private static String root() {
        try {
            return TrustBundle.ofDer("td", List.of(new TestAuthority().root().getEncoded()))
                    .toPem();
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, String> variables(String... more) {
        Map<String, String> variables = new HashMap<>(Map.of(
                "STOCKADE_OPERATOR", "stockade-operator.stockade-system.svc:15010",
                "STOCKADE_TRUST_DOMAIN", "stockade.local",
                "STOCKADE_TRUST_BUNDLE", ROOT,
                "STOCKADE_POD_NAMESPACE", "tools",
                "STOCKADE_POD_NAME", "github-0",
                "STOCKADE_POD_UID", "uid",
                "STOCKADE_POD_IPS", "10.1.2.3,fd00::1"));
        for (int i = 0; i < more.length; i += 2) {
            variables.put(more[i], more[i + 1]);
        }
        return variables;
    }

    @Test
    void whatTheWebhookWritesIsRead() throws EnvironmentException {
        Environment environment = Environment.read(
                variables("STOCKADE_CAPTURE", "{\"tools/github:80\":\"127.80.1.2\"}", "STOCKADE_PROBES", """
                {"app/readiness": {"httpGet": {"path": "healthz", "port": 3000, "scheme": "HTTPS",
                  "httpHeaders": [{"name": "X", "value": "y\\u00e9"}]}, "timeoutSeconds": 3},
                 "app/liveness": {"tcpSocket": {"port": 3000}},
                 "app/startup": {"grpc": {"port": 9000, "service": "s"}, "timeoutSeconds": 2}}"""));

        assertThat(environment.operatorHost()).isEqualTo("stockade-operator.stockade-system.svc");
        assertThat(environment.operatorPort()).isEqualTo(15010);
        assertThat(environment.podAddresses())
                .containsExactlyInAnyOrder(InetAddress.ofLiteral("10.1.2.3"), InetAddress.ofLiteral("fd00::1"));
        assertThat(environment.capture()).containsEntry("tools/github:80", InetAddress.ofLiteral("127.80.1.2"));
        assertThat(environment.probes())
                .containsEntry(
                        "app/readiness",
                        new ProbeAction.HttpGet(3000, true, "/healthz", List.of("X", "yé"), Duration.ofSeconds(3)))
                .containsEntry("app/liveness", new ProbeAction.TcpSocket(3000, Duration.ofSeconds(1)))
                .containsEntry("app/startup", new ProbeAction.Grpc(9000, "s", Duration.ofSeconds(2)));
    }

    @Test
    void whatIsWrongIsNamedInOneSentence() {
        refused("STOCKADE_POD_UID is not set", "STOCKADE_POD_UID", " ");
        refused("STOCKADE_OPERATOR is not usable: 'x' is not host:port.", "STOCKADE_OPERATOR", "x");
        refused("STOCKADE_OPERATOR is not usable: '0' is not a port.", "STOCKADE_OPERATOR", "x:0");
        refused("STOCKADE_TRUST_DOMAIN is not usable", "STOCKADE_TRUST_DOMAIN", "UPPER");
        refused("STOCKADE_TRUST_BUNDLE is not usable", "STOCKADE_TRUST_BUNDLE", "junk");
        refused("STOCKADE_POD_IPS is not usable: 'host' is not an IP address.", "STOCKADE_POD_IPS", "host");
        refused("'10.0.0.1' is not a loopback address", "STOCKADE_CAPTURE", "{\"a/b:1\":\"10.0.0.1\"}");
        refused("the key 'a' stands twice", "STOCKADE_CAPTURE", "{\"a\":\"127.0.0.2\",\"a\":\"127.0.0.3\"}");
        refused("STOCKADE_CAPTURE is not usable: at character", "STOCKADE_CAPTURE", "[]");
        refused("app/liveness: none of httpGet", "STOCKADE_PROBES", "{\"app/liveness\":{\"exec\":{}}}");
        refused("port is not a number", "STOCKADE_PROBES", "{\"a/b\":{\"tcpSocket\":{\"port\":\"http\"}}}");
    }

    private static void refused(String sentence, String name, String value) {
        assertThatThrownBy(() -> Environment.read(variables(name, value)))
                .isInstanceOf(EnvironmentException.class)
                .hasMessageContaining(sentence)
                .hasMessageContaining(name);
    }
}
