package dev.stockade.sidecar.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.identity.BundleFile;
import dev.stockade.sidecar.identity.Identities;
import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.identity.TrustBundle;
import dev.stockade.sidecar.log.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Map;

/**
 * The latest trust bundle, kept for a restart of this container: the roots that admission wrote into the environment may have
 * been rotated away since. Nothing else is ever written there.
 */
public final class KeptBundle {
    private static final long LARGEST = 1 << 20;

    private final Path file;
    private final Log log;

    public KeptBundle(Path file, Log log) {
        this.file = requireNonNull(file);
        this.log = requireNonNull(log);
    }

    /**
     * Whom to believe at the start of this process.
     *
     * @param admitted the roots in the environment, which do where a former process of this container kept nothing, or
     *     nothing that can be read
     */
    public Identities restore(TrustBundle admitted) {
        if (!Files.exists(file)) {
            return new Identities(admitted);
        }
        try {
            if (Files.size(file) > LARGEST) {
                throw new IllegalArgumentException("it is larger than " + LARGEST + " bytes");
            }
            BundleFile kept = BundleFile.parse(admitted.trustDomain(), Files.readString(file));
            return new Identities(admitted, kept.bundle(), kept.boundUntil());
        } catch (IOException | IllegalArgumentException e) {
            log.warn("the kept trust bundle is not usable; the one in the environment is", "reason", e.getMessage());
            return new Identities(admitted);
        }
    }

    /**
     * Puts a bundle in force, and keeps it.
     *
     * @throws IllegalArgumentException if it is older than the one in force, which then stays
     */
    void believe(TrustBundle trust, Identities identities) {
        if (trust.equals(identities.trust())) {
            return;
        }
        identities.believe(trust);
        log.info(
                "trust bundle in force",
                "epoch",
                trust.epoch(),
                "roots",
                trust.roots().size(),
                "issuers",
                String.valueOf(trust.issuers()));
        keep(identities);
    }

    /** Writes down whom this process believes, and until when its certificates last. */
    void keep(Identities identities) {
        Map<?, Svid> svids = identities.svids();
        Instant boundUntil =
                svids.values().stream().map(Svid::ends).max(Instant::compareTo).orElse(Instant.EPOCH);
        try {
            Path next = file.resolveSibling(file.getFileName() + ".next");
            Files.writeString(next, new BundleFile(identities.trust(), boundUntil).print());
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            log.warn("the trust bundle cannot be kept for a restart", "file", file, "reason", e.getMessage());
        }
    }
}
