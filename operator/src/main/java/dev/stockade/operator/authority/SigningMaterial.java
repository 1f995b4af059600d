package dev.stockade.operator.authority;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.authority.Minting.Signer;
import dev.stockade.operator.authority.Rotation.Change;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.crypto.SecretKey;

/**
 * What the CA's Secret holds.
 *
 * @param issuer signs leaves now
 * @param root the self-made root that signs issuers; empty below a CA that {@code caSecretRef} names, whose key is never copied
 * @param roots believed, the issuer's first; during a rotation of the root also the other
 * @param issuers believed, the one that signs first; during a rotation also the other
 * @param next signs next; only in {@link Rotation.Step#TRUST_NEW}
 * @param nextRoot the self-made root that the next rotation of the root turns to, made in advance
 * @param seed what keys are derived from
 * @param whole whether the Secret has every entry; an earlier release did not write all
 */
record SigningMaterial(
        Issuer issuer,
        Optional<Signer> root,
        List<X509Certificate> roots,
        List<X509Certificate> issuers,
        Optional<Issuer> next,
        Optional<Signer> nextRoot,
        Seed seed,
        Rotation rotation,
        boolean whole) {
    SigningMaterial {
        requireNonNull(issuer);
        requireNonNull(root);
        roots = List.copyOf(roots);
        issuers = List.copyOf(issuers);
        requireNonNull(next);
        requireNonNull(nextRoot);
        requireNonNull(seed);
        requireNonNull(rotation);
    }

    /** A new root, its first issuer, and the root after it. */
    static SigningMaterial selfMade(Instant now, Duration rootLifetime, Duration issuerLifetime)
            throws GeneralSecurityException {
        Signer root = Minting.root(Minting.Validity.of(now, rootLifetime));
        return below(
                Parent.selfMade(root),
                Optional.of(root),
                Optional.of(rootInAdvance(now, rootLifetime)),
                now,
                issuerLifetime);
    }

    /** The first issuer below an existing CA. */
    static SigningMaterial below(Parent parent, Instant now, Duration issuerLifetime) throws GeneralSecurityException {
        return below(parent, Optional.empty(), Optional.empty(), now, issuerLifetime);
    }

    private static SigningMaterial below(
            Parent parent, Optional<Signer> root, Optional<Signer> nextRoot, Instant now, Duration issuerLifetime)
            throws GeneralSecurityException {
        Issuer issuer = parent.newIssuer(now, issuerLifetime);
        return new SigningMaterial(
                issuer,
                root,
                List.of(parent.root()),
                List.of(issuer.certificate()),
                Optional.empty(),
                nextRoot,
                Seed.random(),
                Rotation.none(now, now),
                true);
    }

    /** It waits for up to two thirds of its predecessor's life, and then has a whole one before it. */
    static Duration lifetimeInAdvance(Duration rootLifetime) {
        return rootLifetime.multipliedBy(5).dividedBy(3);
    }

    static Signer rootInAdvance(Instant now, Duration rootLifetime) throws GeneralSecurityException {
        return Minting.root(Minting.Validity.of(now, lifetimeInAdvance(rootLifetime)));
    }

    /** Whom the mesh believes. */
    Trust trust() {
        return new Trust(roots, issuers, rotation.epoch());
    }

    /** What a pod is given when it is created: it may sleep until the next root signs. */
    List<X509Certificate> bootstrapRoots() {
        List<X509Certificate> all = new ArrayList<>(roots);
        nextRoot.map(Signer::certificate).filter(root -> !all.contains(root)).ifPresent(all::add);
        return List.copyOf(all);
    }

    /** First step: the new issuer, and its root if that is another, are to be believed. */
    SigningMaterial trustNew(Issuer begun, Optional<Signer> begunRoot, Change change) {
        return new SigningMaterial(
                issuer,
                root,
                with(roots.getFirst(), begun.root()),
                List.of(issuer.certificate(), begun.certificate()),
                Optional.of(begun),
                begunRoot.or(() -> nextRoot),
                seed,
                rotation.begin(change),
                true);
    }

    /** The first step once more, because the issuer that was to be believed has grown old while others were waited for. */
    SigningMaterial trustAnother(Issuer begun, Instant now) {
        return new SigningMaterial(
                issuer,
                root,
                roots,
                List.of(issuer.certificate(), begun.certificate()),
                Optional.of(begun),
                nextRoot,
                seed,
                rotation.again(now),
                true);
    }

    /**
     * Second step: the new issuer signs. Nothing leads back from here, so the keys of the old issuer and of the old root are
     * gone.
     *
     * @param after the self-made root after the one that signs now; used if the root changes to a self-made one
     */
    SigningMaterial signWithNew(Signer after, Instant now) {
        Issuer signs = next.orElseThrow();
        boolean sameAbove =
                signs.root().equals(roots.getFirst()) && signs.path().isEmpty();
        Optional<Signer> turnedTo =
                nextRoot.filter(signer -> signer.certificate().equals(signs.root()));
        return new SigningMaterial(
                signs,
                sameAbove ? root : turnedTo,
                with(signs.root(), issuer.root()),
                List.of(signs.certificate(), issuer.certificate()),
                Optional.empty(),
                sameAbove ? nextRoot : turnedTo.map(_ -> after),
                seed,
                rotation.signWithNew(now),
                true);
    }

    /** Third step: the old one is believed no more. */
    SigningMaterial dropOld(Instant now) {
        return new SigningMaterial(
                issuer,
                root,
                List.of(roots.getFirst()),
                List.of(issuers.getFirst()),
                Optional.empty(),
                nextRoot,
                seed,
                rotation.dropOld(now),
                true);
    }

    /** Over. */
    SigningMaterial stable(Instant now) {
        return with(rotation.stable(now), nextRoot);
    }

    /** The same authority with another memory; writes every entry. */
    SigningMaterial with(Rotation remembered, Optional<Signer> inAdvance) {
        return new SigningMaterial(issuer, root, roots, issuers, next, inAdvance, seed, remembered, true);
    }

    private static List<X509Certificate> with(X509Certificate first, X509Certificate other) {
        return first.equals(other) ? List.of(first) : List.of(first, other);
    }

    /** Why it cannot sign at this moment, if so. */
    Optional<String> unusable(Instant now) {
        Optional<String> why = unusable("issuer (" + CaEntries.CHAIN + ")", issuer.certificate(), now);
        for (X509Certificate above : issuer.path()) {
            why = why.or(() -> unusable("intermediate CA (" + CaEntries.CHAIN + ")", above, now));
        }
        return why.or(() -> unusable("root (" + CaEntries.ROOTS + ")", issuer.root(), now));
    }

    static Optional<String> unusable(String name, X509Certificate certificate, Instant now) {
        Instant from = certificate.getNotBefore().toInstant();
        Instant to = certificate.getNotAfter().toInstant();
        if (now.isAfter(to)) {
            return Optional.of("its " + name + " ended at " + to);
        }
        if (now.isBefore(from)) {
            return Optional.of("its " + name + " is not valid before " + from + "; check the clock");
        }
        return Optional.empty();
    }

    /** A key that every replica derives alike, one for each label; no rotation changes it. */
    SecretKey derive(String label) {
        return seed.derive(label);
    }

    /** No key, and no digest of one. */
    @Override
    public String toString() {
        return "SigningMaterial[root " + Der.sha256(roots.getFirst()) + ", epoch " + rotation.epoch() + ", "
                + rotation.name() + "]";
    }
}
