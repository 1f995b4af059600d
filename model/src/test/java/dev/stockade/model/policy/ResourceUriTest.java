package dev.stockade.model.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResourceUriTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // scheme and host
                "HTTP://Example.COM | http://example.com/",
                "repo://ACME/Path | repo://acme/Path",
                "http://ex%61mple.com/ | http://example.com/",
                "http://ex%41mple.com/ | http://example.com/",
                "repo://%41cme/x | repo://acme/x",
                "repo://é/x | repo://%C3%A9/x",
                "http://[::1]:80/x | http://[::1]/x",
                "http://10.0.0.1/x | http://10.0.0.1/x",
                // slashes after the scheme
                "http:example.com/a | http://example.com/a",
                "http:///example.com/a | http://example.com/a",
                "file:/etc/passwd | file:///etc/passwd",
                "file:etc | file:///etc",
                "file:////etc/passwd | file:///etc/passwd",
                "file:///etc//passwd | file:///etc/passwd",
                "file://host//share | file://host/share",
                "file://localhost/etc | file:///etc",
                "file://LocalHost/etc | file:///etc",
                "foo:///x//y | foo:///x//y",
                "http://h//x | http://h//x",
                // ports
                "http://example.com:80/a | http://example.com/a",
                "http://example.com:080/a | http://example.com/a",
                "http://example.com:/a | http://example.com/a",
                "https://example.com:443/a?B#C | https://example.com/a?B#C",
                "https://example.com:80/a | https://example.com:80/a",
                "repo://acme:/x | repo://acme/x",
                "repo://acme:007/x | repo://acme:7/x",
                "repo://acme:0/x | repo://acme:0/x",
                // what need not be encoded, and what must be
                "mailto:A%41 | mailto:AA",
                "mailto:a%40b | mailto:a@b",
                "mail://inbox/ceo%40acme.com | mail://inbox/ceo@acme.com",
                "x:a%3Db%26c%3a%2c%7b | x:a=b&c:,{",
                "x:a%3f%23%25%5b%2a | x:a%3F%23%25%5B%2A",
                "x:%c3%a9 | x:%C3%A9",
                "x:é | x:%C3%A9",
                "x:\ud83d\ude00 | x:%F0%9F%98%80",
                "file:///a b | file:///a%20b",
                "http://h?a b#c d | http://h/?a%20b#c%20d",
                // without a scheme
                "notes | notes",
                "a%3Ab | a%3Ab",
                "//Host/x | //host/x",
                "a/b:c%41 | a/b:cA",
                // templates
                "repo://acme/{name} | repo://acme/{name}",
                "repo://acme/%7Bname%7D | repo://acme/{name}",
                "repo://{owner}/{repo}/contents{/path*}{?ref} | repo://{owner}/{repo}/contents{/path*}{?ref}",
                "HTTP://{host}:80/{+path} | http://{host}/{+path}",
                "{scheme}://acme/%78 | {scheme}://acme/x",
            })
    void urisHaveOneNormalForm(String uri, String normal) {
        assertThat(ResourceUri.fault(uri)).isEmpty();
        assertThat(ResourceUri.normal(uri)).isEqualTo(normal);
        assertThat(ResourceUri.fault(normal)).as("fault of the normal form").isEmpty();
        assertThat(ResourceUri.normal(normal))
                .as("normal form of the normal form")
                .isEqualTo(normal);
    }

    @Test
    void charactersThatNoUriHoldsAreEncoded() {
        assertThat(ResourceUri.normal("x:a\"<>^`|b")).isEqualTo("x:a%22%3C%3E%5E%60%7Cb");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "''|empty",
                " x:a|space",
                "x:a\u00a0|space",
                "x:a\u3000|space",
                "x:\u0000|control",
                "x:a\u0085b|control",
                "x:%00|control",
                "x:%0a|control",
                "x:%7F|control",
                "x:%C2%85|control",
                "x:%2500|control",
                "x:a\\b|backslash",
                "x:%5c|slash",
                "x:%2F|slash",
                "x:%252F|slash",
                "x:%25252F|slash",
                "x:%2e|dot",
                "x:%252e|dot",
                "x:%25%32%45|dot",
                "x:?a=%2E|dot",
                "x:%C0%AE|not UTF-8",
                "x:%E0%80%AE|not UTF-8",
                "x:%ED%A0%80|not UTF-8",
                "x:%FF|not UTF-8",
                "x:%C3a|not UTF-8",
                "x:%|encodes nothing",
                "x:%4|encodes nothing",
                "x:%zz|encodes nothing",
                "x:%4%31|encodes nothing",
                "x:\ud800|surrogate",
                "repo://a/../b|dot segment",
                "repo://a/./b|dot segment",
                "repo://a/..|dot segment",
                "repo://a/..;x/b|dot segment",
                "repo://a/..%3Bx/b|dot segment",
                "repo://../b|dot segment",
                "file://../etc/passwd|dot segment",
                "../b|dot segment",
                "x:..|dot segment",
                "repo://me@acme/x|user information",
                "http:me@acme/x|user information",
                "http:///me@acme/x|user information",
                "%41http:x|colon",
                "1:x|colon",
                ":x|colon",
                "http://|no host",
                "http:/?x|no host",
                "http:/:80/x|no host",
                "http://a%40b/x|name in ASCII",
                "http://a b/x|name in ASCII",
                "http://é/x|name in ASCII",
                "http://%C3%A9/x|name in ASCII",
                "http://a./x|name in ASCII",
                "http://a..b/x|name in ASCII",
                "http://127.1/x|IPv4",
                "http://0x7f.0.0.1/x|IPv4",
                "http://2130706433/x|IPv4",
                "http://127.0.0.01/x|IPv4",
                "http://127.0.0.256/x|IPv4",
                "http://[0:0:0:0:0:0:0:1]/x|IPv6",
                "http://[::0001]/x|IPv6",
                "http://[::ffff:127.0.0.1]/x|IPv6",
                "http://[::1|IPv6",
                "file://c:/x|no host of files",
            })
    void whatTwoReadersCouldTakeForTwoResourcesIsRefused(String uri, String why) {
        assertThat(ResourceUri.fault(uri))
                .hasValueSatisfying(fault -> assertThat(fault).contains(why));
    }

    @ParameterizedTest
    @CsvSource({
        "http://[2001:db8::1:0:0:1]/, true",
        "http://[2001:db8::1:0:0:0:1]/, false",
        "http://[1:0:0:2::3]/, true",
        "http://[1::2:0:0:0:3]/, false",
        "http://[1:0:0:2:0:0:0:3]/, false",
        "http://[1:0:0:2::]/, true",
        "http://[::]/, true",
        "http://[1:2:3:4:5:6:7:8]/, true",
        "http://[1:2:3:4:5:6:0:8]/, true",
        "http://[1:2:3:4:5:6::8]/, false",
        "http://[fe80::1%25eth0]/, false",
    })
    void onlyTheSimplestFormOfAnIpv6AddressPasses(String uri, boolean passes) {
        assertThat(ResourceUri.fault(uri).isEmpty()).isEqualTo(passes);
    }

    @Test
    void anyUriWithoutFaultHasANormalFormThatIsItsOwn() {
        Random random = new Random(5);
        List<String> pieces = List.of(
                "http:",
                "file:",
                "repo:",
                "HTTPS:",
                "x:",
                "/",
                "//",
                "///",
                "acme",
                "Acme",
                "localhost",
                ":80",
                ":",
                ":0443",
                "?",
                "#",
                "%41",
                "%2541",
                "%3A",
                "%C3%A9",
                "%c3",
                "%7b",
                "é",
                " ",
                "{a}",
                "*",
                ".",
                "..",
                ";",
                "@",
                "%40",
                "[::1]",
                "1",
                "a%2",
                "\ud83d\ude00",
                "%25",
                "%25%32%45",
                "|");
        int accepted = 0;
        for (int i = 0; i < 100_000; i++) {
            StringBuilder uri = new StringBuilder();
            for (int j = 1 + random.nextInt(7); j > 0; j--) {
                uri.append(pieces.get(random.nextInt(pieces.size())));
            }
            String text = uri.toString();
            if (ResourceUri.fault(text).isEmpty()) {
                accepted++;
                String normal = ResourceUri.normal(text);
                assertThat(ResourceUri.fault(normal))
                        .as("%s, which becomes %s", text, normal)
                        .isEmpty();
                assertThat(ResourceUri.normal(normal)).as(text).isEqualTo(normal);
            }
        }
        assertThat(accepted).isGreaterThan(20_000);
    }
}
