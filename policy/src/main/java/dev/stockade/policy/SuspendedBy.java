package dev.stockade.policy;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.crds.trust.Suspension;
import java.util.Optional;

/**
 * Who has suspended an agent. The platform's word wins; where the agent's owner says it as well, both are named, for the agent
 * is back only once both have taken it back.
 *
 * @param platform whether MeshTrust says it
 * @param sentence who, and why if that was given: {@code By MeshTrust default: incident 42.}
 */
public record SuspendedBy(boolean platform, String sentence) {
    public SuspendedBy {
        requireNonNull(sentence);
    }

    /** Empty if nobody has. */
    public static Optional<SuspendedBy> of(AgentIdentity agent, Optional<MeshTrust> trust) {
        Optional<Suspension> listed = listed(agent, trust);
        boolean own = agent.getSpec().suspended();
        if (listed.isPresent()) {
            return Optional.of(new SuspendedBy(
                    true,
                    "By MeshTrust default" + why(listed.get().reason()) + (own ? " Also by spec.suspended." : "")));
        }
        return own ? Optional.of(new SuspendedBy(false, "By spec.suspended.")) : Optional.empty();
    }

    /** The platform's entry for the agent. */
    public static Optional<Suspension> listed(AgentIdentity agent, Optional<MeshTrust> trust) {
        return trust.stream()
                .flatMap(t -> t.getSpec().suspended().stream())
                .filter(s -> new ResourceName(s.namespace(), s.name()).equals(ResourceName.of(agent)))
                .findFirst();
    }

    private static String why(String reason) {
        String text = reason.strip();
        return text.isEmpty() ? "." : ": " + (text.endsWith(".") ? text : text + ".");
    }
}
