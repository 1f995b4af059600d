package dev.stockade.operator.authority;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.operator.authority.CaSecret.Stored;
import dev.stockade.operator.authority.RotationPlan.Decision;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
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
 * silently replaced by another, for every sidecar would then trust one authority and be shown another. From then on every
 * replica follows what the Secret says ({@link #refresh}), and one of them at a time takes the steps of a rotation
 * ({@link #advance}). Safe for use by many threads.
 */
public final class Authority {
    /** How long the certificates of servers live, whose resource does not say it. */
    public static final Duration SERVER_LIFETIME = Duration.ofHours(1);

    private static final Logger log = LoggerFactory.getLogger(Authority.class);
    private static final int ATTEMPTS = 5;
    private static final int OVERDUE_SHARE = 10;

    private final CaSecret secret;
    private final ForeignSecret foreign;
    private final Supplier<TrustSettings> settings;
    private final Clock clock;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    private volatile AuthorityState state = new AuthorityState.Unread();
    private volatile @Nullable SigningMaterial material;

    /** What the Secret held when it was last accepted; null while it is gone, or is not the one of this mesh. */
    private @Nullable Stored accepted;

    private RotationProgress progress = new RotationProgress.Quiet();

    /** @param settings reads MeshTrust as it is now; may throw {@link KubernetesClientException} */
    public Authority(KubernetesClient client, String namespace, Supplier<TrustSettings> settings, Clock clock) {
        this.secret = new CaSecret(client, namespace);
        this.foreign = new ForeignSecret(client, namespace);
        this.settings = requireNonNull(settings);
        this.clock = requireNonNull(clock);
    }

    /**
     * Reads the Secret again, and makes it if it never was. Called at start, whenever the Secret changes, and every half
     * minute. An API server that does not answer leaves everything as it is.
     */
    public synchronized void refresh() {
        AuthorityState before = state;
        try {
            load();
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
        tell(before);
    }

    private void load() throws GeneralSecurityException {
        String objection = "it changed " + ATTEMPTS + " times while it was being read";
        boolean objected = false;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            // MeshTrust first: the Secret that is read after it is at least as new.
            TrustSettings trust = settings.get();
            Optional<Stored> stored = secret.read();
            if (stored.isEmpty()) {
                if (make(trust)) {
                    continue;
                }
                return;
            }
            Optional<String> strange = strange(stored.get().material(), trust);
            if (strange.isEmpty()) {
                accepted = stored.get();
                use(stored.get().material());
                return;
            }
            if (objected) {
                refuse(strange.get());
                return;
            }
            // A rotation may have gone on between the two reads: only what is so twice is held against the Secret.
            objected = true;
        }
        throw new GeneralSecurityException(objection);
    }

    /** @return whether the Secret is to be read (again): it has been made, by this replica or by another */
    private boolean make(TrustSettings trust) throws GeneralSecurityException {
        Optional<String> known = trust.namedRoot().or(this::held);
        if (known.isPresent()) {
            refuse(secret + " is gone, but MeshTrust default names the root " + known.get()
                    + ". Restore the Secret from a backup; no other root will be made.");
            return false;
        }
        SigningMaterial made;
        switch (foreign.read(trust.caSecret(), clock.instant())) {
            case ExternalAuthority.None _ ->
                made = SigningMaterial.selfMade(clock.instant(), trust.rootLifetime(), trust.issuerLifetime());
            case ExternalAuthority.Usable(Parent parent) ->
                made = SigningMaterial.below(parent, clock.instant(), trust.issuerLifetime());
            case ExternalAuthority.Refused(String sentence) -> {
                refuse(sentence);
                return false;
            }
        }
        if (secret.create(made)) {
            log.atInfo().addKeyValue("secret", secret).log("made the certificate authority");
        }
        return true;
    }

    private Optional<String> strange(SigningMaterial found, TrustSettings trust) {
        List<String> roots = found.roots().stream().map(Der::sha256).toList();
        if (trust.namedRoot().filter(named -> !roots.contains(named)).isPresent()) {
            return Optional.of(secret + " holds the root " + roots.getFirst() + ", but MeshTrust default names "
                    + trust.namedRoot().get() + ". Restore the Secret that the mesh was built on.");
        }
        if (found.rotation().epoch() < trust.namedEpoch()) {
            return Optional.of(secret + " is a backup from before a rotation: it is of epoch "
                    + found.rotation().epoch() + ", and MeshTrust default shows " + trust.namedEpoch()
                    + ". Restore a later backup.");
        }
        return Optional.empty();
    }

    private Optional<String> held() {
        SigningMaterial current = material;
        return current == null
                ? Optional.empty()
                : Optional.of(Der.sha256(current.roots().getFirst()));
    }

    /**
     * Takes the next step of a rotation if it is time: begins one that is due or asked for, or goes on once the census is
     * empty. Called every two seconds on the replica that holds the lease, and on no other; two that call it at the same time
     * do no harm, as one of them finds the Secret changed.
     */
    public synchronized void advance(Census census) {
        AuthorityState before = state;
        try {
            step(census);
        } catch (KubernetesClientException e) {
            log.atWarn()
                    .addKeyValue("secret", secret)
                    .addKeyValue("why", e.getMessage())
                    .log("the rotation cannot go on now; it is tried again");
        } catch (GeneralSecurityException e) {
            log.atWarn()
                    .addKeyValue("secret", secret)
                    .addKeyValue("why", e.getMessage())
                    .log("no issuer can be made now; it is tried again");
        }
        tell(before);
    }

    private void step(Census census) throws GeneralSecurityException {
        Stored from = accepted;
        if (from == null) {
            return;
        }
        TrustSettings trust = settings.get();
        ExternalAuthority external = foreign.read(trust.caSecret(), clock.instant());
        Decision decision = RotationPlan.decide(from.material(), trust, external, census, clock.instant());
        progress = decision.progress();
        if (decision.write().isPresent()) {
            Optional<Stored> written = secret.replace(decision.write().get(), from.resourceVersion());
            if (written.isEmpty()) {
                load();
                return;
            }
            accepted = written.get();
        }
        use(requireNonNull(accepted).material());
    }

    private void use(SigningMaterial found) {
        material = found;
        Optional<String> unusable = found.unusable(clock.instant());
        if (unusable.isPresent()) {
            state = new AuthorityState.Refusing(secret + ": " + unusable.get() + ".", true);
            return;
        }
        state = new AuthorityState.Usable(
                found.trust(),
                found.bootstrapRoots(),
                found.rotation(),
                progress,
                RotationPlan.lastPart(found, clock.instant(), OVERDUE_SHARE));
    }

    private void refuse(String sentence) {
        accepted = null;
        state = new AuthorityState.Refusing(sentence, true);
    }

    private void tell(AuthorityState before) {
        AuthorityState now = state;
        if (before.equals(now)) {
            return;
        }
        if (!(before instanceof AuthorityState.Usable was
                && now instanceof AuthorityState.Usable is
                && was.trust().equals(is.trust())
                && was.rotation().step() == is.rotation().step())) {
            report(now);
        }
        listeners.forEach(Runnable::run);
    }

    private static void report(AuthorityState state) {
        switch (state) {
            case AuthorityState.Usable usable ->
                log.atInfo()
                        .addKeyValue("root", usable.rootSha256())
                        .addKeyValue("rootEnds", usable.rootEnds())
                        .addKeyValue("issuerEnds", usable.issuerEnds())
                        .addKeyValue("step", usable.rotation().name())
                        .addKeyValue("epoch", usable.trust().epoch())
                        .log("the certificate authority is usable");
            case AuthorityState.Unread _ -> log.debug("the certificate authority has not been read yet");
            case AuthorityState.Refusing refusing ->
                log.atError().addKeyValue("why", refusing.sentence()).log("the certificate authority refuses to sign");
        }
    }

    public AuthorityState state() {
        return state;
    }

    /** Called, on the thread of {@link #refresh} or {@link #advance}, when {@link #state} has changed. */
    public void onChange(Runnable listener) {
        listeners.add(requireNonNull(listener));
    }

    /** What peers are checked against; the current root first. Empty before the CA was first read, kept while it refuses. */
    public List<X509Certificate> roots() {
        return trust().roots();
    }

    /** Whom the mesh believes now; {@link Trust#NONE} before the CA was first read, kept while it refuses. */
    public Trust trust() {
        SigningMaterial current = material;
        return current == null ? Trust.NONE : current.trust();
    }

    /**
     * What a pod is given when it is created, and the API server for its calls of the webhooks: {@link #roots}, and the root
     * that comes next, so that neither has to learn of it in the moment in which it begins to sign.
     */
    public List<X509Certificate> bootstrapRoots() {
        SigningMaterial current = material;
        return current == null ? List.of() : current.bootstrapRoots();
    }

    /**
     * Signs for an attested pod.
     *
     * @param lifetime shortened where the issuer ends sooner
     * @return the leaf, the issuer, and what is between it and the root
     * @throws AuthorityRefusesException if the CA is not usable
     */
    public List<X509Certificate> issue(SpiffeId id, BoundPod pod, PublicKey key, Duration lifetime)
            throws AuthorityRefusesException {
        Issuer issuer = usable().issuer();
        Minting.Validity validity = Minting.Validity.of(clock.instant(), lifetime);
        try {
            return chain(Minting.workload(issuer.signer(), validity, key, id, pod), issuer);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a checked key could not be certified for " + id, e);
        }
    }

    /** @return the leaf, the issuer, and what is between it and the root */
    List<X509Certificate> issueToOperator(PublicKey key, String trustDomain, List<String> dnsNames, Duration lifetime)
            throws AuthorityRefusesException {
        Issuer issuer = usable().issuer();
        Minting.Validity validity = Minting.Validity.of(clock.instant(), lifetime);
        try {
            return chain(Minting.operator(issuer.signer(), validity, key, trustDomain, dnsNames), issuer);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the operator's own key could not be certified", e);
        }
    }

    private static List<X509Certificate> chain(X509Certificate leaf, Issuer issuer) {
        List<X509Certificate> chain = new ArrayList<>();
        chain.add(leaf);
        chain.addAll(issuer.chain());
        return List.copyOf(chain);
    }

    private SigningMaterial usable() throws AuthorityRefusesException {
        if (state instanceof AuthorityState.Refusing refusing) {
            throw new AuthorityRefusesException(refusing.sentence());
        }
        SigningMaterial current = read();
        Optional<String> unusable = current.unusable(clock.instant());
        if (unusable.isPresent()) {
            throw new AuthorityRefusesException(secret + ": " + unusable.get() + ".");
        }
        return current;
    }

    /**
     * The key under which a server's sidecars digest arguments: the same on every replica, and after every rotation.
     *
     * @throws AuthorityRefusesException before the CA was first read
     */
    public SecretKey auditKey(String namespace, String server) throws AuthorityRefusesException {
        return read().derive("audit arguments of " + namespace + "/" + server);
    }

    /**
     * The key under which a server's sidecars mark what it hands out to be brought back: the same on every replica, and after
     * every rotation, so that what was handed out before it is known again after it.
     *
     * @throws AuthorityRefusesException before the CA was first read
     */
    public SecretKey stateKey(String namespace, String server) throws AuthorityRefusesException {
        return read().derive("state handed out by " + namespace + "/" + server);
    }

    private SigningMaterial read() throws AuthorityRefusesException {
        SigningMaterial current = material;
        if (current == null) {
            throw new AuthorityRefusesException("The certificate authority has not been read yet.");
        }
        return current;
    }
}
