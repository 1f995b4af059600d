package dev.stockade.operator.snapshot;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import dev.stockade.operator.authority.Authority;
import dev.stockade.operator.authority.AuthorityRefusesException;
import dev.stockade.operator.authority.Der;
import dev.stockade.operator.authority.Trust;
import dev.stockade.operator.cluster.ClusterCache;
import dev.stockade.operator.cluster.Picture;
import dev.stockade.policy.MeshView;
import dev.stockade.policy.ResourceName;
import dev.stockade.wire.control.v1.TrustBundle;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Keeps the compiled mesh of the latest picture, so that streams, signing and statuses share one. */
public final class CurrentMesh {
    private final ClusterCache cache;
    private final Authority authority;
    private final String trustDomain;
    private final Generations generations = new Generations();
    private final CompiledPolicies policies = new CompiledPolicies();

    private @Nullable MeshView view;
    private Trust trusted = Trust.NONE;
    private TrustBundle bundle;
    private @Nullable TrustBundle trust;
    private @Nullable CompiledMesh compiled;

    public CurrentMesh(ClusterCache cache, Authority authority, String trustDomain) {
        this.cache = requireNonNull(cache);
        this.authority = requireNonNull(authority);
        this.trustDomain = requireNonNull(trustDomain);
        this.bundle = bundle(trusted);
    }

    /** The mesh as the caches have it now. */
    public CompiledMesh now() {
        return of(cache.picture());
    }

    /** The mesh of a picture, compiled anew only if the view or the trust is another than last time. */
    public synchronized CompiledMesh of(Picture picture) {
        TrustBundle current = trust();
        CompiledMesh last = compiled;
        if (last != null && isView(picture.view()) && current.equals(trust)) {
            return last;
        }
        CompiledMesh made = new CompiledMesh(picture.view(), current, this::keys, generations, policies);
        policies.retain(picture.view());
        view = picture.view();
        trust = current;
        compiled = made;
        return made;
    }

    /** Identity suffices: a picture that was made anew is compiled anew. */
    @SuppressWarnings("ReferenceEquality")
    private boolean isView(MeshView other) {
        return view == other;
    }

    /** Whom sidecars are to believe. */
    public synchronized TrustBundle trust() {
        Trust now = authority.trust();
        if (!now.equals(trusted)) {
            trusted = now;
            bundle = bundle(now);
        }
        return bundle;
    }

    private TrustBundle bundle(Trust now) {
        return TrustBundle.newBuilder()
                .setTrustDomain(trustDomain)
                .addAllRoots(now.roots().stream()
                        .map(root -> ByteString.copyFrom(Der.of(root)))
                        .toList())
                .addAllIssuers(now.issuers().stream()
                        .map(issuer -> ByteString.copyFrom(HexFormat.of().parseHex(Der.sha256(issuer))))
                        .toList())
                .setEpoch(now.epoch())
                .build();
    }

    private ServerKeys keys(ResourceName server) {
        try {
            return new ServerKeys(
                    authority.auditKey(server.namespace(), server.name()),
                    authority.stateKey(server.namespace(), server.name()));
        } catch (AuthorityRefusesException e) {
            throw new IllegalStateException("no snapshot without a certificate authority", e);
        }
    }
}
