package dev.stockade.operator.authority;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SigningMaterialTest {
    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

    private final SigningMaterial material;

    SigningMaterialTest() throws Exception {
        material = SigningMaterial.create(NOW, Duration.ofDays(3650), Duration.ofDays(30));
    }

    private static Map<String, String> with(Map<String, String> entries, String entry, String value) {
        Map<String, String> changed = new HashMap<>(entries);
        changed.put(entry, Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.US_ASCII)));
        return changed;
    }

    @Test
    void whatWasStoredIsReadBack() throws Exception {
        SigningMaterial read = SigningMaterial.read(material.entries());
        assertThat(read.roots()).isEqualTo(material.roots());
        assertThat(read.issuer().certificate()).isEqualTo(material.issuer().certificate());
    }

    @Test
    void everyReplicaDerivesTheSameKeyAndEveryServerHasItsOwn() throws Exception {
        SigningMaterial other = SigningMaterial.read(material.entries());
        assertThat(other.derive("a").getEncoded())
                .isEqualTo(material.derive("a").getEncoded())
                .isNotEqualTo(material.derive("b").getEncoded())
                .hasSize(32);
    }

    @Test
    void aNewIssuerKeepsTheRootAndTheDerivedKeys() throws Exception {
        SigningMaterial renewed = material.withNewIssuer(NOW.plus(Duration.ofDays(20)), Duration.ofDays(30));
        assertThat(renewed.roots()).isEqualTo(material.roots());
        assertThat(renewed.issuer().certificate())
                .isNotEqualTo(material.issuer().certificate());
        assertThat(renewed.derive("a").getEncoded())
                .isEqualTo(material.derive("a").getEncoded());
    }

    @Test
    void theKeyOfAnotherCertificateIsNotBelieved() throws Exception {
        SigningMaterial other = SigningMaterial.create(NOW, Duration.ofDays(1), Duration.ofDays(1));
        Map<String, String> mixed = new HashMap<>(material.entries());
        mixed.put("tls.key", other.entries().get("tls.key"));
        assertThatThrownBy(() -> SigningMaterial.read(mixed))
                .hasMessage("tls.key does not belong to the certificate in tls.crt");
    }

    @Test
    void anIssuerOfAnotherRootIsNotBelieved() throws Exception {
        SigningMaterial other = SigningMaterial.create(NOW, Duration.ofDays(1), Duration.ofDays(1));
        Map<String, String> mixed = new HashMap<>(material.entries());
        mixed.put("tls.crt", other.entries().get("tls.crt"));
        mixed.put("tls.key", other.entries().get("tls.key"));
        assertThatThrownBy(() -> SigningMaterial.read(mixed)).hasMessageContaining("tls.crt is not signed by");
    }

    @Test
    void garbageIsNamedAndNeverQuoted() {
        assertThatThrownBy(() -> SigningMaterial.read(with(material.entries(), "tls.key", "SECRET")))
                .hasMessageContaining("tls.key")
                .hasMessageNotContaining("SECRET");
        assertThatThrownBy(() -> SigningMaterial.read(with(material.entries(), "ca.crt", "rubbish")))
                .hasMessageContaining("ca.crt cannot be read");
        assertThatThrownBy(() -> SigningMaterial.read(Map.of())).hasMessageContaining("tls.crt");
    }

    @Test
    void itSaysWhenItCannotSign() {
        assertThat(material.unusable(NOW)).isEmpty();
        assertThat(material.unusable(NOW.plus(Duration.ofDays(31))))
                .hasValueSatisfying(why -> assertThat(why).contains("issuer", "ended at 2026-01-31T12:00:00Z"));
        assertThat(material.unusable(NOW.minus(Duration.ofDays(1))))
                .hasValueSatisfying(why -> assertThat(why).contains("not valid before"));
    }

    @Test
    void itsTextShowsNoKey() {
        assertThat(material.toString()).matches("SigningMaterial\\[root [0-9a-f]{64}]");
        assertThat(material.issuer().toString())
                .startsWith("Signer[CN=Stockade issuer")
                .doesNotContain("rivate");
    }
}
