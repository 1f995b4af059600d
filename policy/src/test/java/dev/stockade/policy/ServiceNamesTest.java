package dev.stockade.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ServiceNamesTest {
    private static final String WEB = Meshes.server(
            "tools", "web", "2026-01-01T00:00:00Z", "{selector: {matchLabels: {app: web, tier: mcp}}, port: 3000}");
    private static final String POD = Meshes.pod("tools", "web-0", "{app: web, tier: mcp, zone: a}");

    private static String service(String name, String spec) {
        return """
                apiVersion: v1
                kind: Service
                metadata: {namespace: tools, name: %s}
                spec: %s
                """.formatted(name, spec);
    }

    private static List<String> names(String... manifests) {
        var view = Meshes.view(manifests);
        var server = view.servers().getFirst();
        return ServiceNames.of(server, view.services(), Claims.of(view).pods(server)).stream()
                .map(ServicePort::toString)
                .toList();
    }

    @Test
    void aServiceWhoseSelectorIsPartOfTheServersIsTheServers() {
        assertThat(names(
                        WEB,
                        service("web", "{selector: {app: web}, ports: [{port: 80, targetPort: 3000}, {port: 9090}]}")))
                .containsExactly("tools/web:80");
    }

    @Test
    void aServiceWhoseSelectorIsInAPodsLabelsIsTheServers() {
        String zoned = service("zoned", "{selector: {zone: a}, ports: [{port: 3000}]}");

        assertThat(names(WEB, zoned)).isEmpty();
        assertThat(names(WEB, POD, zoned)).containsExactly("tools/zoned:3000");
    }

    @Test
    void aTargetPortIsResolvedByItsNameInAPod() {
        String named = service("named", "{selector: {app: web}, ports: [{port: 80, targetPort: mcp}]}");

        assertThat(names(WEB, named)).isEmpty();
        assertThat(names(WEB, POD, named)).containsExactly("tools/named:80");
    }

    @Test
    void aHeadlessServiceLeadsToTheServersOwnPort() {
        assertThat(names(
                        WEB,
                        service(
                                "headless",
                                "{clusterIP: None, selector: {app: web}, ports: [{port: 80, targetPort: 3000}]}")))
                .containsExactly("tools/headless:3000");
    }

    @Test
    void othersAreNotTheServers() {
        assertThat(names(
                        WEB,
                        POD,
                        service("nothing", "{ports: [{port: 3000}]}"),
                        service("more", "{selector: {app: web, other: x}, ports: [{port: 3000}]}"),
                        service("udp", "{selector: {app: web}, ports: [{port: 3000, protocol: UDP}]}"),
                        service("port", "{selector: {app: web}, ports: [{port: 3000, targetPort: 9090}]}"),
                        service(
                                "external",
                                "{type: ExternalName, externalName: x.example, selector: {app: web}, ports: [{port:"
                                        + " 3000}]}")))
                .isEmpty();
    }

    private static boolean needPods(String... manifests) {
        var view = Meshes.view(manifests);
        return ServiceNames.needPods(view.servers(), view.services());
    }

    @Test
    void podsAreNeededWhereASelectorIsNeitherTheServersNorContradictsIt() {
        assertThat(needPods(WEB, service("web", "{selector: {app: web}, ports: [{port: 80, targetPort: 3000}]}")))
                .isFalse();
        assertThat(needPods(WEB, service("other", "{selector: {app: db, zone: a}, ports: [{port: 80}]}")))
                .isFalse();
        assertThat(needPods(WEB, service("nothing", "{ports: [{port: 80}]}"))).isFalse();
        assertThat(needPods(
                        WEB, service("external", "{type: ExternalName, externalName: x.example, selector: {zone: a}}")))
                .isFalse();
        assertThat(needPods(service("zoned", "{selector: {zone: a}, ports: [{port: 3000}]}")))
                .isFalse();

        assertThat(needPods(WEB, service("zoned", "{selector: {zone: a}, ports: [{port: 3000}]}")))
                .isTrue();
        assertThat(needPods(WEB, service("more", "{selector: {app: web, zone: a}, ports: [{port: 3000}]}")))
                .isTrue();
        assertThat(needPods(WEB, service("named", "{selector: {app: web}, ports: [{port: 80, targetPort: mcp}]}")))
                .isTrue();
    }

    /** Against what pods do add: every small Service, server and pod. */
    @Test
    void wherePodsAreNotNeededTheyAddNothing() {
        List<String> labels =
                List.of("app: web", "app: db", "zone: a", "app: web, zone: a", "app: db, zone: a", "zone: b");
        int decided = 0;
        for (String selected : labels) {
            for (String selector : labels) {
                for (String port :
                        List.of("{port: 3000}", "{port: 80, targetPort: 3000}", "{port: 80, targetPort: mcp}")) {
                    String server = Meshes.server(
                            "tools",
                            "web",
                            "2026-01-01T00:00:00Z",
                            "{selector: {matchLabels: {" + selected + "}}, port: 3000}");
                    String service = service("one", "{selector: {" + selector + "}, ports: [" + port + "]}");
                    if (needPods(server, service)) {
                        continue;
                    }
                    decided++;
                    for (String pod : labels) {
                        assertThat(names(server, Meshes.pod("tools", "pod", "{" + pod + "}"), service))
                                .as("server %s, Service %s %s, pod %s", selected, selector, port, pod)
                                .isEqualTo(names(server, service));
                    }
                }
            }
        }
        assertThat(decided).isGreaterThan(20);
    }

    @Test
    void namesAreReadBack() {
        var port = new ServicePort("tools", "web", 80);

        assertThat(ServicePort.parse(port.toString())).contains(port);
        assertThat(ServicePort.parse("web:80")).isEmpty();
        assertThat(ServicePort.parse("tools/web:80:1")).isEmpty();
    }
}
