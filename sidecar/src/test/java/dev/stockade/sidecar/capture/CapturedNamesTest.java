package dev.stockade.sidecar.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.sidecar.outbound.Entry;
import dev.stockade.sidecar.state.AgentRules;
import dev.stockade.sidecar.state.AgentRules.ServiceName;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CapturedNamesTest {
    private static final InetAddress ADDRESS = InetAddress.ofLiteral("127.80.1.2");

    @TempDir
    Path dir;

    private static AgentRules serving(ServiceName... services) {
        return new AgentRules(
                new SpiffeId("td", "tools", WorkloadKind.AGENT, "a"),
                false,
                List.of(new AgentRules.Target(
                        new SpiffeId("td", "tools", WorkloadKind.MCP, "github"),
                        "/mcp",
                        3000,
                        true,
                        List.of(),
                        List.of(services))));
    }

    @Test
    void socketsAreWhereAdmissionsMapAndTheSnapshotAgree() throws IOException {
        Path hosts = Files.writeString(dir.resolve("hosts"), """
                # Kubernetes-managed hosts file.
                127.0.0.1\tlocalhost
                127.80.1.2\tgithub\tgithub.tools github.tools.svc.cluster.LOCAL # added
                """);
        CapturedNames names = CapturedNames.of(Map.of("tools/github:80", ADDRESS, "tools/gone:80", ADDRESS), hosts);

        Set<Entry.Captured> entries =
                names.of(serving(new ServiceName("tools", "github", 80), new ServiceName("tools", "later", 80)));

        assertThat(entries).singleElement().satisfies(entry -> {
            assertThat(entry.address()).isEqualTo(new InetSocketAddress(ADDRESS, 80));
            assertThat(entry.hosts())
                    .contains(
                            "github",
                            "github:80",
                            "github.tools",
                            "github.tools.svc:80",
                            "github.tools.svc.cluster.local",
                            "127.80.1.2:80")
                    .doesNotContain("localhost");
        });
    }

    @Test
    void anotherPortThan80IsPartOfEveryName() {
        CapturedNames names = CapturedNames.of(Map.of("tools/github:8080", ADDRESS), dir.resolve("missing"));

        assertThat(names.of(serving(new ServiceName("tools", "github", 8080))))
                .singleElement()
                .satisfies(entry ->
                        assertThat(entry.hosts()).contains("github.tools:8080").doesNotContain("github.tools"));
    }
}
