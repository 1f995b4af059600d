package dev.stockade.operator.authority;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.operator.authority.CaSecret.Stored;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signs the certificates of the mesh with the CA in the Secret {@value CaSecret#NAME}.
 *
 * <p>The Secret is made by whichever replica comes first, and only while MeshTrust names no root: a root that is gone is never
 * silently replaced by another, for every sidecar would then trust one authority and be shown another. Safe for use by many
 * threads.
 */
public final class Authority {
    private static final Logger log = LoggerFactory.getLogger(Authority.class);
    private static final int ATTEMPTS = 5;

    private final CaSecret secret;
    private final Supplier<TrustSettings> settings;
    private final Clock clock;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    private volatile AuthorityState state = new AuthorityState.Refusing(
            "The certificate authority has not been read yet; wait for the operator.", false);
    private volatile @Nullable SigningMaterial material;

    /** @param settings reads MeshTrust as it is now; may throw {@link KubernetesClientException} */
    public Authority(KubernetesClient client, String namespace, Supplier<TrustSettings> settings, Clock clock) {
        this.secret = new CaSecret(client, namespace);
        this.settings = requireNonNull(settings);
        this.clock = requireNonNull(clock);
    }

    /**
     * Reads the Secret again, makes it if it never was, renews the issuer if that is due. Called at start and every half minute.
     * An API server that does not answer leaves everything as it is.
     */
    public synchronized void refresh() {
        AuthorityState before = state;
        try {
            load(settings.get());
        } catch (KubernetesClientException e) {
            if (material == null) {
                state = new AuthorityState.Refusing(
                        secret + " cannot be read: " + e.getMessage()
                                + " Check the API server and the operator's role.",
                        false);
            }
            log.atWarn().addKeyValue("secret", secret).log("the certificate authority could not be read again", e);
        } catch (GeneralSecurityException e) {
            refuse(secret + ": " + e.getMessage() + ". Restore it from a backup.");
        }
        if (!before.equals(state)) {
            report(state);
            listeners.forEach(Runnable::run);
        }
    }

    private void load(TrustSettings trust) throws GeneralSecurityException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Optional<Stored> stored = secret.read();
            if (stored.isEmpty()) {
                Optional<String> known = trust.namedRoot().or(this::held);
                if (known.isPresent()) {
                    refuse(secret + " is gone, but MeshTrust default names the root " + known.get()
                            + ". Restore the Secret from a backup; no other root will be made.");
                    return;
                }
                if (secret.create(
                        SigningMaterial.create(clock.instant(), trust.rootLifetime(), trust.issuerLifetime()))) {
                    log.atInfo().addKeyValue("secret", secret).log("made the certificate authority");
                }
                continue;
            }
            SigningMaterial found = stored.get().material();
            List<String> roots = found.roots().stream().map(Der::sha256).toList();
            if (trust.namedRoot().isPresent()
                    && !roots.contains(trust.namedRoot().get())) {
                refuse(secret + " holds the root " + roots.getFirst() + ", but MeshTrust default names "
                        + trust.namedRoot().get() + ". Restore the Secret that the mesh was built on.");
                return;
            }
            if (clock.instant().isAfter(found.issuerDue()) && renewIssuer(stored.get(), trust)) {
                continue;
            }
            use(found);
            return;
        }
        throw new GeneralSecurityException("it changed " + ATTEMPTS + " times while it was being read");
    }

    private Optional<String> held() {
        SigningMaterial current = material;
        return current == null
                ? Optional.empty()
                : Optional.of(Der.sha256(current.roots().getFirst()));
    }

    /** @return whether the Secret is to be read again; without the right to write, the issuer in use goes on to its end */
    private boolean renewIssuer(Stored stored, TrustSettings trust) throws GeneralSecurityException {
        SigningMaterial next = stored.material().withNewIssuer(clock.instant(), trust.issuerLifetime());
        if (!clock.instant().isBefore(next.issuerDue())) {
            // The root itself is about to end: another issuer would be as short-lived, and made again at once.
            return false;
        }
        try {
            if (secret.replace(next, stored.resourceVersion())) {
                log.atInfo()
                        .addKeyValue("secret", secret)
                        .addKeyValue(
                                "ends",
                                next.issuer().certificate().getNotAfter().toInstant())
                        .log("renewed the issuer");
            }
            return true;
        } catch (KubernetesClientException e) {
            log.atWarn().addKeyValue("secret", secret).log("the issuer is due, but could not be renewed", e);
            return false;
        }
    }

    private void use(SigningMaterial found) {
        Optional<String> unusable = found.unusable(clock.instant());
        if (unusable.isPresent()) {
            refuse(secret + ": " + unusable.get() + ".");
            return;
        }
        X509Certificate root = found.roots().getFirst();
        material = found;
        state = new AuthorityState.Usable(
                found.roots(),
                Der.sha256(root),
                root.getNotAfter().toInstant(),
                found.issuer().certificate().getNotAfter().toInstant());
    }

    private void refuse(String sentence) {
        state = new AuthorityState.Refusing(sentence, true);
    }

    private static void report(AuthorityState state) {
        switch (state) {
            case AuthorityState.Usable usable ->
                log.atInfo()
                        .addKeyValue("root", usable.rootSha256())
                        .addKeyValue("rootEnds", usable.rootEnds())
                        .addKeyValue("issuerEnds", usable.issuerEnds())
                        .log("the certificate authority is usable");
            case AuthorityState.Refusing refusing ->
                log.atError().addKeyValue("why", refusing.sentence()).log("the certificate authority refuses to sign");
        }
    }

    public AuthorityState state() {
        return state;
    }

    /** Called, on the thread of {@link #refresh}, when {@link #state} has changed. */
    public void onChange(Runnable listener) {
        listeners.add(requireNonNull(listener));
    }

    /** What peers are checked against; the current root first. Empty before the CA was first read, kept while it refuses. */
    public List<X509Certificate> roots() {
        SigningMaterial current = material;
        return current == null ? List.of() : current.roots();
    }

    /** Whom the mesh believes now; {@link Trust#NONE} before the CA was first read, kept while it refuses. */
    public Trust trust() {
        SigningMaterial current = material;
        return current == null ? Trust.NONE : current.trust();
    }

    /**
     * Signs for an attested pod.
     *
     * @param lifetime shortened where the issuer ends sooner
     * @return the leaf, then the issuer
     * @throws AuthorityRefusesException if the CA is not usable
     */
    public List<X509Certificate> issue(SpiffeId id, BoundPod pod, PublicKey key, Duration lifetime)
            throws AuthorityRefusesException {
        SigningMaterial usable = usable();
        Minting.Validity validity = Minting.Validity.of(clock.instant(), lifetime);
        try {
            return List.of(
                    Minting.workload(usable.issuer(), validity, key, id, pod),
                    usable.issuer().certificate());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a checked key could not be certified for " + id, e);
        }
    }

    /** @return the leaf, then the issuer */
    List<X509Certificate> issueToOperator(PublicKey key, String trustDomain, List<String> dnsNames, Duration lifetime)
            throws AuthorityRefusesException {
        SigningMaterial usable = usable();
        Minting.Validity validity = Minting.Validity.of(clock.instant(), lifetime);
        try {
            return List.of(
                    Minting.operator(usable.issuer(), validity, key, trustDomain, dnsNames),
                    usable.issuer().certificate());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the operator's own key could not be certified", e);
        }
    }

    private SigningMaterial usable() throws AuthorityRefusesException {
        if (state instanceof AuthorityState.Refusing refusing) {
            throw new AuthorityRefusesException(refusing.sentence());
        }
        SigningMaterial current = requireNonNull(material);
        Optional<String> unusable = current.unusable(clock.instant());
        if (unusable.isPresent()) {
            throw new AuthorityRefusesException(secret + ": " + unusable.get() + ".");
        }
        return current;
    }

    /**
     * The key under which a server's sidecars digest arguments: the same on every replica, and after a new issuer.
     *
     * @throws AuthorityRefusesException before the CA was first read
     */
    public SecretKey auditKey(String namespace, String server) throws AuthorityRefusesException {
        SigningMaterial current = material;
        if (current == null) {
            throw new AuthorityRefusesException("The certificate authority has not been read yet.");
        }
        return current.derive("audit arguments of " + namespace + "/" + server);
    }
}
