package dev.stockade.operator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The cluster's own domain, whatever the chart was told. */
class ClusterDomainTest {
    private static ClusterDomain of(String... lines) {
        return ClusterDomain.of(List.of(lines), "stockade-system");
    }

    @Test
    void anotherDomainThanTheChartsIsNamedWithWhatToDo() {
        ClusterDomain domain = of(
                "search stockade-system.svc.corp.example svc.corp.example corp.example",
                "nameserver 198.19.0.10",
                "options ndots:5");

        assertThat(domain.otherThan("cluster.local"))
                .hasValueSatisfying(sentence -> assertThat(sentence)
                        .contains("clusterDomain is cluster.local", "cluster's is corp.example")
                        .contains("--set clusterDomain=corp.example"));
        assertThat(domain.otherThan("corp.example")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"nameserver 192.0.2.1", "search example.com lan", "search", "search other.svc.corp.example", ""})
    void aPodWhoseDnsIsNotTheClustersSaysNothing(String line) {
        assertThat(of(line).otherThan("cluster.local")).isEmpty();
    }

    @Test
    void aTrailingDotIsNoOtherDomain() {
        assertThat(of("search\tstockade-system.svc.cluster.local. svc.cluster.local.")
                        .otherThan("cluster.local"))
                .isEmpty();
    }
}
