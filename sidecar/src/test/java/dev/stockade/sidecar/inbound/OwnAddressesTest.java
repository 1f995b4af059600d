package dev.stockade.sidecar.inbound;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnAddressesTest {
    private final OwnAddresses own =
            new OwnAddresses(Set.of(InetAddress.ofLiteral("10.1.2.3"), InetAddress.ofLiteral("fd00::1")));

    @ParameterizedTest
    @ValueSource(strings = {"10.1.2.3:3000", "[fd00::1]:3000", "[fd00:0:0:0::1]:3000"})
    void theOwnAddressesWithTheServersPort(String authority) {
        assertThat(own.has(authority, 3000)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.1.2.3:3001",
                "10.1.2.3",
                "10.1.2.4:3000",
                "127.0.0.1:3000",
                "[::1]:3000",
                "fd00::1:3000",
                "localhost:3000",
                "github.tools:3000",
                "10.1.2.3:03000",
                "10.1.2.3:3000 ",
                "user@10.1.2.3:3000",
                "10.1.2.3:99999",
                "[fd00::1%eth0]:3000",
                ""
            })
    void nothingElse(String authority) {
        assertThat(own.has(authority, 3000)).isFalse();
    }
}
