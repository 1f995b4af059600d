package dev.stockade.cli.question;

import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import java.util.List;
import java.util.Optional;

/** The resources that an answer follows from, asked for one namespace at a time: nobody may need rights for all of them. */
public interface Resources {
    /** Whether a namespace is in the mesh. */
    enum Membership {
        /** Labelled {@code stockade.dev/mesh: enabled}. */
        LABELLED,
        /** There, and not labelled. */
        UNLABELLED,
        /** Not there. */
        MISSING,
        /** The manifests do not have it, and so do not tell. */
        UNSTATED
    }

    /** The MeshTrust {@code default}. */
    Optional<MeshTrust> trust();

    Membership membership(String namespace);

    List<AgentIdentity> agents(String namespace);

    List<SecureMcpServer> servers(String namespace);

    List<McpAccessPolicy> policies(String namespace);

    /** Where a name without a namespace is looked for; several where nobody said which. */
    List<String> defaultNamespaces();
}
