package dev.stockade.sidecar.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LocalCallerTest {
    private static final Set<String> HOSTS = Set.of("127.0.0.1:15001", "localhost:15001");

    private static boolean refused(String name, String value) {
        HttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/");
        request.headers().set("Host", "127.0.0.1:15001");
        request.headers().set(name, value);
        return LocalCaller.refusal(request, HOSTS).isPresent();
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, true",
        "127.80.1.2, true",
        "::1, true",
        "::ffff:127.0.0.1, true",
        "10.0.0.7, false",
        "169.254.1.1, false",
        "fe80::1, false",
        "0.0.0.0, false"
    })
    void onlyAddressesOfLoopbackAreThisPods(String address, boolean own) {
        assertThat(LocalCaller.isOfThisPod(new InetSocketAddress(InetAddress.ofLiteral(address), 40000)))
                .isEqualTo(own);
    }

    @Test
    void whoeverHasNoAddressIsNotOfThisPod() {
        assertThat(LocalCaller.isOfThisPod(new EmbeddedChannel().remoteAddress()))
                .isFalse();
        assertThat(LocalCaller.isOfThisPod(InetSocketAddress.createUnresolved("localhost", 1)))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example:15001",
                "127.0.0.1",
                "127.0.0.1:15002",
                "127.0.0.1:015001",
                "127.0.0.2:15001",
                "127.1:15001",
                "2130706433:15001",
                "0.0.0.0:15001",
                "[::1]:15001",
                "localhost.:15001",
                "localhost:15001.evil.example",
                "evil@127.0.0.1:15001",
                "127.0.0.1:15001, evil.example",
                ""
            })
    void anotherHostThanTheEndpointsOwnIsRefused(String host) {
        assertThat(refused("Host", host)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "",
                "https://evil.example",
                "http://127.0.0.1:15002",
                "https://127.0.0.1:15001",
                "http://127.0.0.1:15001.evil.example",
                "http://127.0.0.1:15001/",
                "http://evil.example:15001",
                "HTTP://127.0.0.1:15001"
            })
    void anotherOriginThanItsOwnIsRefused(String origin) {
        assertThat(refused("Origin", origin)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"none, false", "same-origin, false", "same-site, true", "cross-site, true", "other, true"})
    void whatABrowserSaysComesFromAPageIsRefused(String site, boolean refused) {
        assertThat(refused("Sec-Fetch-Site", site)).isEqualTo(refused);
    }

    @Test
    void itsOwnNamesInAnyCaseAreNot() {
        assertThat(refused("Host", "LocalHost:15001")).isFalse();
        assertThat(refused("Origin", "http://LOCALHOST:15001")).isFalse();
    }
}
