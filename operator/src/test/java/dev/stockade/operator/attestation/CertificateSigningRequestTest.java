package dev.stockade.operator.attestation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.operator.attestation.Refusal.Reason;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.pkcs.CertificationRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CertificateSigningRequestTest {
    private static final int MUTATIONS = 5_000;

    static Stream<Arguments> bad() throws Exception {
        return Requests.bad().entrySet().stream().map(e -> Arguments.of(e.getKey(), e.getValue()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bad")
    void isRefusedWithASentence(String what, Requests.Bad request) {
        Refusal refusal = catchThrowableOfType(
                Refusal.class, () -> CertificateSigningRequest.key(request.der().toByteArray()));
        assertThat(refusal).as(what).isNotNull();
        assertThat(refusal.reason()).isEqualTo(Reason.BAD_REQUEST);
        assertThat(refusal.sentence()).contains(request.sentence());
    }

    @Test
    void aRequestForNothingButACertificateYieldsItsKey() throws Exception {
        KeyPair key = Requests.ec("secp256r1");
        assertThat(((ECPublicKey) CertificateSigningRequest.key(Requests.good(key))).getW())
                .isEqualTo(((ECPublicKey) key.getPublic()).getW());
    }

    @Test
    void noMutationCrashesItOrIsAcceptedButAsARequestSignedByItsOwnKey() throws Exception {
        // Given requests of every kind, and a seed that makes a failure come again
        Random random = new Random(4711);
        byte[][] seeds = Stream.concat(
                        Stream.of(Requests.good(Requests.ec("secp256r1"))),
                        Requests.bad().values().stream().map(bad -> bad.der().toByteArray()))
                .filter(der -> der.length > 0 && der.length < 1024)
                .toArray(byte[][]::new);
        int accepted = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            // When half of them start from the good one, which gets furthest
            byte[] seed = i % 2 == 0 ? seeds[0] : seeds[random.nextInt(seeds.length)];
            byte[] mutated = mutate(seed, seeds[random.nextInt(seeds.length)], random);
            // Then
            Optional<PublicKey> key = accepted(mutated);
            if (key.isPresent()) {
                accepted++;
                assertThat(signedBy(mutated, key.get())).as("mutation %d", i).isTrue();
            }
        }
        // A mutation may leave the request as it was; nearly all must not.
        assertThat(accepted).isLessThan(MUTATIONS / 20);
    }

    private static Optional<PublicKey> accepted(byte[] der) {
        try {
            return Optional.of(CertificateSigningRequest.key(der));
        } catch (Refusal refusal) {
            assertThat(refusal.reason()).isEqualTo(Reason.BAD_REQUEST);
            assertThat(refusal.sentence()).isNotBlank();
            return Optional.empty();
        }
    }

    /** Asked of the JDK, over the bytes as they came: P-256, and the signature is by that key. */
    private static boolean signedBy(byte[] der, PublicKey key) throws Exception {
        CertificationRequest request = CertificationRequest.getInstance(der);
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initVerify(key);
        signature.update(request.getCertificationRequestInfo().getEncoded(ASN1Encoding.DER));
        return Arrays.equals(der, request.getEncoded(ASN1Encoding.DER))
                && key.getEncoded().length == 91
                && Arrays.equals(
                        key.getEncoded(),
                        request.getCertificationRequestInfo()
                                .getSubjectPublicKeyInfo()
                                .getEncoded(ASN1Encoding.DER))
                && signature.verify(request.getSignature().getOctets());
    }

    private static byte[] mutate(byte[] seed, byte[] other, Random random) {
        byte[] der = seed.clone();
        for (int times = 1 + random.nextInt(3); times > 0 && der.length > 0; times--) {
            int at = random.nextInt(der.length);
            switch (random.nextInt(6)) {
                case 0 -> der[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> der[at] = (byte) random.nextInt(256);
                case 2 -> der = Arrays.copyOf(der, at);
                case 3 -> der = Arrays.copyOf(der, der.length + random.nextInt(40));
                // Lengths and tags that mean much in BER.
                case 4 ->
                    der[at] = new byte[] {0x30, (byte) 0x80, (byte) 0x84, (byte) 0xff, 0x00, 0x7f, (byte) 0xa0}
                            [random.nextInt(7)];
                default -> {
                    int from = random.nextInt(other.length);
                    int length = Math.min(Math.min(random.nextInt(64), other.length - from), der.length - at);
                    System.arraycopy(other, from, der, at, length);
                }
            }
        }
        return der;
    }
}
