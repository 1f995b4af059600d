package dev.stockade.operator.attestation;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;

/** Tokens signed with the key that the API server signs its own with: real ones, of another time. */
final class Tokens {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final PrivateKey key;

    /** @param folder the API server's, with its keys */
    Tokens(Path folder) throws IOException {
        try (Reader pem = Files.newBufferedReader(folder.resolve("apiserver.key"));
                PEMParser parser = new PEMParser(pem)) {
            key = new JcaPEMKeyConverter()
                    .getKeyPair((PEMKeyPair) parser.readObject())
                    .getPrivate();
        }
    }

    /** The same token, as it would have been if it had been asked for at that time. */
    String issuedAt(String token, Instant issued, Duration lifetime) throws Exception {
        String[] parts = token.split("\\.", -1);
        ObjectNode claims = (ObjectNode) JSON.readTree(Base64.getUrlDecoder().decode(parts[1]));
        claims.put("iat", issued.getEpochSecond());
        claims.put("nbf", issued.getEpochSecond());
        claims.put("exp", issued.plus(lifetime).getEpochSecond());
        String content =
                parts[0] + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(JSON.writeValueAsBytes(claims));
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(key);
        signature.update(content.getBytes(UTF_8));
        return content + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(signature.sign());
    }
}
