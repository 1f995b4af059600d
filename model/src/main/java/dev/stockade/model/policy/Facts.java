package dev.stockade.model.policy;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;

/**
 * What a condition sees of one message.
 *
 * @param serviceAccount the agent's
 * @param server the identity of the server that is called
 * @param question what is asked, with the arguments
 */
public record Facts(SpiffeId agent, String serviceAccount, SpiffeId server, Question question) {
    public Facts {
        requireNonNull(agent);
        requireNonNull(serviceAccount);
        requireNonNull(server);
        requireNonNull(question);
    }
}
