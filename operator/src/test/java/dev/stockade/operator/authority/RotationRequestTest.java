package dev.stockade.operator.authority;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.operator.authority.Rotation.Of;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RotationRequestTest {
    @Test
    void aValueThatDiffersFromTheHandledOneIsARequest() {
        assertThat(RotationRequest.read("issuer", "")).isEqualTo(new RotationRequest.For(Of.ISSUER, "issuer"));
        assertThat(RotationRequest.read("root@2027-01-31", "root"))
                .isEqualTo(new RotationRequest.For(Of.ROOT, "root@2027-01-31"));
        assertThat(RotationRequest.read("root", "root")).isEqualTo(new RotationRequest.None());
        assertThat(RotationRequest.read("", "root")).isEqualTo(new RotationRequest.None());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Root",
                "both",
                "issuer because it leaked",
                "issuer:now",
                "root@",
                "issuer@a b",
                "issuer@\u0000",
                "root@é",
                " root",
                "root\n"
            })
    void anythingElseIsNamedAndIgnored(String value) {
        assertThat(RotationRequest.read(value, ""))
                .isInstanceOfSatisfying(
                        RotationRequest.Bad.class,
                        bad -> assertThat(bad.sentence()).contains("stockade.dev/rotate", "write issuer or root"));
    }

    @Test
    void aLongValueIsNotRepeatedWhole() {
        assertThat(RotationRequest.read("x".repeat(200_000), "").toString()).hasSizeLessThan(400);
    }
}
