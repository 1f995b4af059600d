package dev.stockade.sidecar.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.identity.Identities;
import dev.stockade.sidecar.identity.TrustBundle;
import dev.stockade.sidecar.log.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * The latest trust bundle, kept for a restart of this container: the roots that admission wrote into the environment may have
 * been rotated away since. Nothing else is ever written there.
 */
public final class KeptBundle {
    private final Path file;
    private final Log log;

    public KeptBundle(Path file, Log log) {
        this.file = requireNonNull(file);
        this.log = requireNonNull(log);
    }

    /** What a former process of this container kept, if it did and it can be read. */
    public Optional<TrustBundle> read(String trustDomain) {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(TrustBundle.ofPem(trustDomain, Files.readString(file)));
        } catch (IOException | IllegalArgumentException e) {
            log.warn("the kept trust bundle is not usable; the one in the environment is", "reason", e.getMessage());
            return Optional.empty();
        }
    }

    /** Puts a bundle in force, and keeps it. */
    void believe(TrustBundle trust, Identities identities) {
        if (trust.equals(identities.trust())) {
            return;
        }
        identities.believe(trust);
        log.info("trust bundle in force", "roots", trust.roots().size());
        try {
            Path next = file.resolveSibling(file.getFileName() + ".next");
            Files.writeString(next, trust.toPem());
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            log.warn("the trust bundle cannot be kept for a restart", "file", file, "reason", e.getMessage());
        }
    }
}
