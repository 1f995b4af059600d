package dev.stockade.operator.authority;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.operator.authority.Minting.Signer;
import dev.stockade.operator.authority.Rotation.Cause;
import dev.stockade.operator.authority.Rotation.Change;
import dev.stockade.operator.authority.Rotation.Of;
import java.security.interfaces.ECPrivateKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;
import org.junit.jupiter.api.Test;

class CaEntriesTest {
    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");
    private static final Duration ROOT_LIFETIME = Duration.ofDays(3650);
    private static final Duration ISSUER_LIFETIME = Duration.ofDays(30);

    private final SigningMaterial material = SigningMaterial.selfMade(NOW, ROOT_LIFETIME, ISSUER_LIFETIME);

    CaEntriesTest() throws Exception {}

    private static Map<String, String> with(Map<String, String> entries, String entry, String value) {
        Map<String, String> changed = new HashMap<>(entries);
        changed.put(entry, Base64.getEncoder().encodeToString(value.getBytes(UTF_8)));
        return changed;
    }

    private static Map<String, String> without(Map<String, String> entries, String... missing) {
        Map<String, String> changed = new HashMap<>(entries);
        List.of(missing).forEach(changed::remove);
        return changed;
    }

    private Map<String, String> entries() {
        return CaEntries.write(material);
    }

    /** As the release before rotation wrote it. */
    private Map<String, String> older() {
        Map<String, String> all = entries();
        return Map.of(
                "tls.crt", all.get("tls.crt"),
                "tls.key", all.get("tls.key"),
                "ca.crt", all.get("ca.crt"),
                "root.key", all.get("root.key"));
    }

    private SigningMaterial inTheMiddle() throws Exception {
        Signer root = SigningMaterial.rootInAdvance(NOW, ROOT_LIFETIME);
        return material.trustNew(
                Parent.selfMade(root).newIssuer(NOW, ISSUER_LIFETIME),
                Optional.of(root),
                new Change(Of.ROOT, Cause.REQUEST, "root@2026", NOW));
    }

    @Test
    void whatWasStoredIsReadBack() throws Exception {
        SigningMaterial read = CaEntries.read(entries());
        assertThat(read.trust()).isEqualTo(material.trust());
        assertThat(read.bootstrapRoots()).isEqualTo(material.bootstrapRoots()).hasSize(2);
        assertThat(read.seed()).isEqualTo(material.seed());
        assertThat(read.rotation()).isEqualTo(material.rotation());
        assertThat(read.whole()).isTrue();
    }

    @Test
    void theMiddleOfARotationIsReadBack() throws Exception {
        SigningMaterial middle = inTheMiddle();
        SigningMaterial read = CaEntries.read(CaEntries.write(middle));
        assertThat(read.trust()).isEqualTo(middle.trust());
        assertThat(read.trust().roots()).hasSize(2);
        assertThat(read.trust().issuers()).hasSize(2);
        assertThat(read.next().map(Issuer::chain)).isEqualTo(middle.next().map(Issuer::chain));
        assertThat(read.rotation()).isEqualTo(middle.rotation());
    }

    @Test
    void aSecretOfTheReleaseBeforeIsReadAndItsDerivedKeysStay() throws Exception {
        // Given what that release derived: extract and expand from the root's key
        byte[] scalar =
                ((ECPrivateKey) material.root().orElseThrow().key()).getS().toByteArray();
        byte[] before = KDF.getInstance("HKDF-SHA256")
                .deriveData(HKDFParameterSpec.ofExtract()
                        .addIKM(scalar)
                        .addSalt("stockade.dev".getBytes(UTF_8))
                        .thenExpand("label".getBytes(UTF_8), 32));
        // When
        SigningMaterial read = CaEntries.read(older());
        // Then
        assertThat(read.derive("label").getEncoded()).isEqualTo(before);
        assertThat(read.whole()).isFalse();
        assertThat(read.trust().epoch()).isEqualTo(1);
        assertThat(read.trust().issuers()).containsExactly(material.issuer().certificate());
        assertThat(CaEntries.read(CaEntries.write(read)).derive("label").getEncoded())
                .as("once the seed is stored")
                .isEqualTo(before);
    }

    @Test
    void everyReplicaDerivesTheSameKeyAndEveryServerHasItsOwn() throws Exception {
        SigningMaterial other = CaEntries.read(entries());
        assertThat(other.derive("a").getEncoded())
                .isEqualTo(material.derive("a").getEncoded())
                .isNotEqualTo(material.derive("b").getEncoded())
                .hasSize(32);
    }

    @Test
    void theKeyOfAnotherCertificateIsNotBelieved() throws Exception {
        Map<String, String> others = CaEntries.write(SigningMaterial.selfMade(NOW, ROOT_LIFETIME, ISSUER_LIFETIME));
        for (String[] pair :
                new String[][] {{"tls.key", "tls.crt"}, {"root.key", "ca.crt"}, {"next-root.key", "next-root.crt"}}) {
            Map<String, String> mixed = new HashMap<>(entries());
            mixed.put(pair[0], others.get(pair[0]));
            assertThatThrownBy(() -> CaEntries.read(mixed))
                    .hasMessage(pair[0] + " does not belong to the certificate in " + pair[1]);
        }
    }

    @Test
    void anIssuerOfAnotherRootIsNotBelieved() throws Exception {
        Map<String, String> others = CaEntries.write(SigningMaterial.selfMade(NOW, ROOT_LIFETIME, ISSUER_LIFETIME));
        Map<String, String> mixed = new HashMap<>(entries());
        mixed.put("tls.crt", others.get("tls.crt"));
        mixed.put("tls.key", others.get("tls.key"));
        assertThatThrownBy(() -> CaEntries.read(mixed)).hasMessageContaining("tls.crt is not signed by");
    }

    @Test
    void aListOfIssuersThatLacksTheOneInUseIsNotBelieved() throws Exception {
        Map<String, String> others = CaEntries.write(SigningMaterial.selfMade(NOW, ROOT_LIFETIME, ISSUER_LIFETIME));
        Map<String, String> mixed = new HashMap<>(entries());
        mixed.put("issuers", others.get("issuers"));
        assertThatThrownBy(() -> CaEntries.read(mixed)).hasMessageContaining("issuers does not begin with");
    }

    @Test
    void garbageIsNamedAndNeverQuoted() throws Exception {
        assertThatThrownBy(() -> CaEntries.read(with(entries(), "tls.key", "SECRET")))
                .hasMessageContaining("tls.key")
                .hasMessageNotContaining("SECRET")
                .hasNoCause();
        assertThatThrownBy(() -> CaEntries.read(with(entries(), "ca.crt", "rubbish")))
                .hasMessageContaining("ca.crt cannot be read");
        assertThatThrownBy(() -> CaEntries.read(with(entries(), "seed", "SHORT")))
                .hasMessage("entry seed has 5 bytes and must have 32");
        assertThatThrownBy(() -> CaEntries.read(with(entries(), "rotation", "{")))
                .hasMessage("entry rotation is not JSON");
        assertThatThrownBy(() -> CaEntries.read(with(entries(), "rotation", "{\"step\": \"Onward\"}")))
                .hasMessage("entry rotation: step 'Onward' is not known");
        assertThatThrownBy(() -> CaEntries.read(Map.of())).hasMessageContaining("ca.crt");
        assertThatThrownBy(() -> CaEntries.read(without(CaEntries.write(inTheMiddle()), "next.crt")))
                .hasMessage("entry rotation says Root/TrustNew, and next.crt is missing");
        assertThatThrownBy(() -> CaEntries.read(without(entries(), "root.key", "rotation")))
                .hasMessage("entry root.key is missing");
    }

    @Test
    void aRootKeyThatIsMissingIsTheKeyOfAForeignCaWhichIsNeverCopied() throws Exception {
        SigningMaterial below =
                SigningMaterial.below(Parent.selfMade(material.root().orElseThrow()), NOW, ISSUER_LIFETIME);
        assertThat(CaEntries.write(below)).doesNotContainKeys("root.key", "next-root.key");
        assertThat(CaEntries.read(CaEntries.write(below)).root()).isEmpty();
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
    void noTextShowsAKey() throws Exception {
        SigningMaterial middle = inTheMiddle();
        List<String> secrets = List.of(
                scalar(middle.issuer().signer()),
                scalar(middle.root().orElseThrow()),
                scalar(middle.next().orElseThrow().signer()),
                scalar(middle.nextRoot().orElseThrow()));
        for (Object holder : List.of(
                middle,
                middle.issuer(),
                middle.issuer().signer(),
                middle.seed(),
                Parent.selfMade(middle.root().orElseThrow()),
                new ExternalAuthority.Usable(Parent.selfMade(middle.root().orElseThrow())),
                new CaSecret.Stored(middle, "1"),
                new RotationPlan.Decision(Optional.of(middle), new RotationProgress.Quiet()))) {
            assertThat(holder.toString()).doesNotContainIgnoringCase("private").doesNotContain(secrets);
        }
        assertThat(material.toString()).matches("SigningMaterial\\[root [0-9a-f]{64}, epoch 1, Stable]");
        assertThat(material.seed().toString()).isEqualTo("Seed[32 bytes]");
    }

    private static String scalar(Signer signer) {
        return ((ECPrivateKey) signer.key()).getS().toString(16);
    }
}
