package dev.stockade.model.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.json.Arguments;
import dev.stockade.model.policy.AgentAccess;
import dev.stockade.model.policy.ClientFeature;
import dev.stockade.model.policy.Decision;
import dev.stockade.model.policy.GuardedKind;
import dev.stockade.model.policy.Question;
import dev.stockade.model.policy.Reason;
import dev.stockade.model.policy.ResourceUri;
import java.util.Optional;

/** Decides on messages: the table of methods and the policy brought together. Pure. */
public final class McpGuard {
    private McpGuard() {}

    /**
     * @param target what was decided on; absent for plumbing and lists
     * @param message for the caller, where it is denied; "" else
     */
    public record Verdict(Decision decision, Optional<Target> target, String message) {
        public Verdict {
            requireNonNull(decision);
            requireNonNull(target);
            requireNonNull(message);
        }

        static Verdict allowed(Decision decision, Optional<Target> target) {
            return new Verdict(decision, target, "");
        }

        static Verdict denied(Reason reason, Optional<Target> target, String message) {
            return new Verdict(new Decision.Deny(reason, Optional.empty()), target, message);
        }
    }

    /** Whether the agent may use the server at all; empty if so. */
    public static Optional<Verdict> refusesServer(Optional<AgentAccess> access) {
        if (access.isEmpty() || (!access.get().suspended() && !access.get().grantsAnything())) {
            return Optional.of(Verdict.denied(
                    Reason.NO_GRANT,
                    Optional.empty(),
                    "denied by policy: no policy allows this workload anything at this server"));
        }
        if (access.get().suspended()) {
            return Optional.of(Verdict.denied(
                    Reason.SUSPENDED, Optional.empty(), "denied: this workload's identity is suspended"));
        }
        return Optional.empty();
    }

    /**
     * Decides on a request or a notification of an agent that may use the server.
     *
     * @param arguments of the call
     */
    public static Verdict decide(AgentAccess access, McpMessage.Call call, Arguments arguments) {
        if (call.known().isEmpty()) {
            return Verdict.denied(
                    Reason.POLICY_DENIED,
                    Optional.empty(),
                    "denied by policy: the method '" + printable(call.method())
                            + "' is not one that the mesh passes on");
        }
        McpMethod method = call.known().get();
        return switch (method.treatment()) {
            case PLUMBING, FILTERED -> Verdict.allowed(new Decision.Allow(Optional.empty()), Optional.empty());
            case DENIED ->
                Verdict.denied(
                        Reason.POLICY_DENIED,
                        Optional.empty(),
                        "denied by policy: " + method.word()
                                + " is not passed on: an agent runs no tasks for a server here");
            case GUARDED -> guarded(access, method, call.params(), arguments);
        };
    }

    /**
     * What would be decided if the policies that are only tried out were enforced, too; empty if there are none. Asked also where
     * no policy in force allows the agent anything.
     *
     * @param arguments of the call
     */
    public static Optional<Decision> decideInShadow(AgentAccess access, McpMessage.Call call, Arguments arguments) {
        return access.withShadow()
                .map(shadow -> refusesServer(Optional.of(shadow))
                        .orElseGet(() -> decide(shadow, call, arguments))
                        .decision());
    }

    private static Verdict guarded(
            AgentAccess access, McpMethod method, McpMessage.Params params, Arguments arguments) {
        Optional<Target> first = params.targets().stream().findFirst();
        Decision last = new Decision.Allow(Optional.empty());
        for (Target target : params.targets()) {
            last = access.decide(question(method, target, arguments));
            if (!last.allows()) {
                return new Verdict(last, Optional.of(target), sentence(last, target, arguments));
            }
        }
        return Verdict.allowed(last, first);
    }

    private static Question question(McpMethod method, Target target, Arguments arguments) {
        return switch (method.subject()) {
            case REFERENCE -> Question.completed(target.kind(), target.name());
            case RESOURCE_URI, SUBSCRIPTIONS -> Question.resource(method.word(), target.name());
            case TOOL_NAME, PROMPT_NAME, NONE, TASK ->
                Question.used(method.word(), target.kind(), target.name(), arguments);
        };
    }

    /** Whether a list shows this to the agent. */
    public static boolean shows(AgentAccess access, Target target) {
        return access.decide(Question.listed(target.kind(), target.name())).allows();
    }

    /** Whether the agent may be told of changes of this resource: whoever may subscribe to it. */
    public static Decision tells(AgentAccess access, String uri) {
        return access.decide(Question.resource(McpMethod.RESOURCES_SUBSCRIBE.word(), uri));
    }

    /** Decides on a request that a server makes of the agent. */
    public static Verdict decide(AgentAccess access, ServerMethod method) {
        Optional<ClientFeature> feature = method.feature();
        Decision decision = method.treatment() == Treatment.PLUMBING
                ? new Decision.Allow(Optional.empty())
                : feature.map(access::decide)
                        .orElseGet(() -> new Decision.Deny(Reason.POLICY_DENIED, Optional.empty()));
        return decision.allows()
                ? Verdict.allowed(decision, Optional.empty())
                : new Verdict(decision, Optional.empty(), featureSentence(method.word()));
    }

    /** Why a request of the server is refused. */
    public static String featureSentence(String method) {
        return "denied by policy: this workload may not be asked for '" + printable(method) + "'";
    }

    private static String sentence(Decision decision, Target target, Arguments arguments) {
        String what = target.kind().word() + " '" + printable(target.name()) + "'";
        if (decision instanceof Decision.Deny deny && deny.reason() == Reason.MALFORMED) {
            return target.kind() == GuardedKind.RESOURCE
                    ? "denied: the URI of " + what + " is not accepted: "
                            + ResourceUri.fault(target.name()).orElse("it is malformed")
                    : "denied: the arguments of " + what + " are not accepted: "
                            + (arguments.reading() instanceof Arguments.Reading.Refused refused
                                    ? refused.sentence()
                                    : "they are malformed");
        }
        return "denied by policy: " + what + " is not allowed for this workload";
    }

    private static String printable(String text) {
        return text.length() <= 256 ? text : text.substring(0, 256) + "...";
    }
}
