package dev.stockade.operator.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApiRequestTest {
    @ParameterizedTest
    @CsvSource({
        "GET, /api/v1/pods, list, pods",
        "GET, /api/v1/pods?labelSelector=a%3Db&watch=true, watch, pods",
        "GET, /api/v1/pods?labelSelector=watch%3Dtrue, list, pods",
        "GET, /api/v1/namespaces/tools, get, namespaces",
        "GET, /api/v1/namespaces, list, namespaces",
        "GET, /api/v1/namespaces/tools/pods, list, pods",
        "GET, /api/v1/namespaces/tools/pods/github-1, get, pods",
        "POST, /api/v1/namespaces/tools/events, create, events",
        "PUT, /api/v1/namespaces/stockade-system/secrets/stockade-ca, update, secrets",
        "GET, /apis/stockade.dev/v1alpha1/meshtrusts/default, get, meshtrusts",
        "PATCH, /apis/stockade.dev/v1alpha1/namespaces/tools/securemcpservers/github/status, patch,"
                + " securemcpservers/status",
        "PATCH, /apis/stockade.dev/v1alpha1/meshtrusts/default/status, patch, meshtrusts/status",
        "DELETE, /apis/networking.k8s.io/v1/namespaces/tools/networkpolicies/stockade-github, delete, networkpolicies",
        "POST, /apis/authentication.k8s.io/v1/tokenreviews, create, tokenreviews",
        "GET, /version, get, other",
        "GET, /, get, other",
        "GET, /apis/apps/v1, get, other"
    })
    void aRequestIsNamedAsRbacNamesIt(String method, String uri, String verb, String resource) {
        assertThat(ApiRequest.of(method, URI.create("https://api.test:6443" + uri)))
                .isEqualTo(new ApiRequest(verb, resource));
    }
}
