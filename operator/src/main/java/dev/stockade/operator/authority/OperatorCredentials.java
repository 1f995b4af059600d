package dev.stockade.operator.authority;

import static java.util.Objects.requireNonNull;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The operator's own certificate: made in memory by each replica, for the control channel, the webhooks and the calls between
 * replicas, and renewed at half its life. TLS contexts made from here need no reloading: each handshake takes what is current.
 */
public final class OperatorCredentials {
    private static final Duration LIFETIME = Duration.ofHours(24);

    private final Authority authority;
    private final String trustDomain;
    private final List<String> dnsNames;
    private final Clock clock;
    private final AtomicLong serial = new AtomicLong();

    private volatile @Nullable Held current;
    private volatile @Nullable Held previous;

    /** @param dnsNames under which the API server and the sidecars reach the operator's Service */
    public OperatorCredentials(Authority authority, String trustDomain, List<String> dnsNames, Clock clock) {
        this.authority = requireNonNull(authority);
        this.trustDomain = requireNonNull(trustDomain);
        this.dnsNames = List.copyOf(dnsNames);
        this.clock = requireNonNull(clock);
    }

    private record Held(String alias, PrivateKey key, List<X509Certificate> chain, Trust trust) {
        /** Whether half of its life is over, or peers may soon not believe it. */
        boolean due(Instant now, Trust current) {
            return !trust.roots().equals(current.roots())
                    || !chain.get(1).equals(current.issuers().getFirst())
                    || halfOver(now);
        }

        private boolean halfOver(Instant now) {
            Instant from = chain.getFirst().getNotBefore().toInstant();
            Instant to = chain.getFirst().getNotAfter().toInstant();
            return now.isAfter(from.plus(Duration.between(from, to).dividedBy(2)));
        }

        @Override
        public String toString() {
            return "Held[" + alias + "]";
        }
    }

    /**
     * Makes the certificate, or a new one at half life or once the signing issuer or the roots have changed. Called at start,
     * whenever the authority has changed, and every half minute.
     *
     * @throws AuthorityRefusesException if the CA cannot sign; what is held stays in use
     */
    public synchronized void refresh() throws AuthorityRefusesException {
        Held held = current;
        Trust trust = authority.trust();
        if (held != null && !held.due(clock.instant(), trust)) {
            return;
        }
        try {
            KeyPair key = Minting.newKey();
            List<X509Certificate> chain = authority.issueToOperator(key.getPublic(), trustDomain, dnsNames, LIFETIME);
            previous = held;
            current = new Held("operator-" + serial.incrementAndGet(), key.getPrivate(), chain, trust);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK makes P-256 keys", e);
        }
    }

    /** Whether there is a certificate that has not ended. */
    public boolean usable() {
        Held held = current;
        return held != null
                && clock.instant()
                        .isBefore(held.chain().getFirst().getNotAfter().toInstant());
    }

    /** Shows the current certificate in each handshake, as server or as client. */
    public X509ExtendedKeyManager keyManager() {
        return new CurrentKey();
    }

    /** A server's context for the JDK's {@code HttpsServer}; asks for no client certificate. */
    public SSLContext serverContext() {
        try {
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(new KeyManager[] {keyManager()}, null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has TLS 1.3", e);
        }
    }

    private final class CurrentKey extends X509ExtendedKeyManager {
        private static final String KEY_TYPE = "EC";

        private @Nullable Held named(@Nullable String alias) {
            Held now = current;
            Held before = previous;
            if (now != null && now.alias().equals(alias)) {
                return now;
            }
            // A handshake that chose its alias just before a renewal finishes with the certificate that it chose.
            return before != null && before.alias().equals(alias) ? before : null;
        }

        private @Nullable String choose(String keyType) {
            Held now = current;
            return now != null && keyType.equals(KEY_TYPE) ? now.alias() : null;
        }

        @Override
        public @Nullable String chooseEngineServerAlias(
                String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
            return choose(keyType);
        }

        @Override
        public @Nullable String chooseServerAlias(
                String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return choose(keyType);
        }

        @Override
        public @Nullable String chooseEngineClientAlias(
                String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
            for (String keyType : keyTypes) {
                String alias = choose(keyType);
                if (alias != null) {
                    return alias;
                }
            }
            return null;
        }

        @Override
        public @Nullable String chooseClientAlias(
                String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return chooseEngineClientAlias(keyTypes, issuers, null);
        }

        @Override
        public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
            String alias = choose(keyType);
            return alias == null ? null : new String[] {alias};
        }

        @Override
        public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
            return getClientAliases(keyType, issuers);
        }

        @Override
        public X509Certificate @Nullable [] getCertificateChain(String alias) {
            Held held = named(alias);
            return held == null ? null : held.chain().toArray(new X509Certificate[0]);
        }

        @Override
        public @Nullable PrivateKey getPrivateKey(String alias) {
            Held held = named(alias);
            return held == null ? null : held.key();
        }
    }
}
