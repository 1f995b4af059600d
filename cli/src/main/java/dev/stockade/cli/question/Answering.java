package dev.stockade.cli.question;

import static java.util.Objects.requireNonNull;

import dev.stockade.cli.UnusableException;
import dev.stockade.cli.question.Answer.Refusal;
import dev.stockade.cli.question.Resources.Membership;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.Enforcement;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.model.mcp.McpErrors;
import dev.stockade.model.mcp.McpGuard;
import dev.stockade.model.mcp.McpMessage;
import dev.stockade.model.policy.AccessPolicy;
import dev.stockade.model.policy.AgentAccess;
import dev.stockade.model.policy.Decision;
import dev.stockade.model.policy.GuardedKind;
import dev.stockade.model.policy.NamePattern;
import dev.stockade.model.policy.Reason;
import dev.stockade.policy.Consent;
import dev.stockade.policy.Grants;
import dev.stockade.policy.MeshView;
import dev.stockade.policy.SuspendedBy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Answers one question, in the order in which a message meets what may refuse it: the agent's namespace and identity, its own
 * sidecar (suspension, consent), the server's namespace and sidecar (the message itself, grants, rules).
 */
public final class Answering {
    /** What the chart gives an installation that names none. */
    private static final String DEFAULT_TRUST_DOMAIN = "stockade.local";

    private static final int MOST_PATTERNS = 8;

    private final Resources resources;
    private final Question question;
    private final MeshView view;
    private final AgentIdentity agent;
    private final SecureMcpServer server;
    private final List<String> notes = new ArrayList<>();

    private Answering(Resources resources, Question question) throws UnusableException {
        this.resources = requireNonNull(resources);
        this.question = requireNonNull(question);
        Optional<MeshTrust> trust = resources.trust();
        this.view = new MeshView(
                trust.map(t -> t.getSpec().trustDomain()).orElse(DEFAULT_TRUST_DOMAIN),
                "cluster.local",
                Stream.of(question.agent().namespace(), question.server().namespace())
                        .filter(n -> counts(resources.membership(n)))
                        .collect(Collectors.toSet()),
                resources.servers(question.server().namespace()),
                resources.agents(question.agent().namespace()),
                resources.policies(question.server().namespace()),
                trust,
                List.of(),
                List.of(),
                Set.of());
        this.agent = view.agent(question.agent())
                .orElseThrow(() -> new UnusableException("There is no AgentIdentity " + question.agent() + "."));
        this.server = view.server(question.server())
                .orElseThrow(() -> new UnusableException("There is no SecureMcpServer " + question.server() + "."));
    }

    private static boolean counts(Membership membership) {
        return membership == Membership.LABELLED || membership == Membership.UNSTATED;
    }

    /**
     * @throws UnusableException if agent or server do not exist, or the arguments are none; a question about what does not
     *     exist has no answer, and a mistyped name must not look like a refusal
     */
    public static Answer answer(Resources resources, Question question) throws UnusableException {
        return new Answering(resources, question).answer();
    }

    private Answer answer() throws UnusableException {
        RequestText request = RequestText.of(question);
        assumptions();
        return beforeTheServer().orElseGet(() -> atTheServer(request));
    }

    /** What the resources do not tell, and what is taken for it. */
    private void assumptions() {
        List<String> assumed = new ArrayList<>();
        String unstated = Stream.of(
                        question.agent().namespace(), question.server().namespace())
                .distinct()
                .filter(n -> resources.membership(n) == Membership.UNSTATED)
                .collect(Collectors.joining(" and "));
        if (!unstated.isEmpty()) {
            assumed.add(unstated + " labelled stockade.dev/mesh: enabled");
        }
        if (view.trust().isEmpty()) {
            assumed.add("a MeshTrust of " + DEFAULT_TRUST_DOMAIN + " that suspends nobody");
        }
        if (!assumed.isEmpty()) {
            notes.add("Assumed, since it is not there: " + String.join("; ", assumed) + ".");
        }
    }

    /** What the operator or the agent's own sidecar refuses. */
    private Optional<Answer> beforeTheServer() {
        if (!view.inMesh(question.agent().namespace())) {
            return Optional.of(outside(question.agent().namespace(), "the agent has no identity"));
        }
        Optional<SuspendedBy> suspended = SuspendedBy.of(agent, view.trust());
        if (suspended.isPresent()) {
            return Optional.of(refused(
                    Reason.SUSPENDED.word(),
                    new Refusal(
                            403,
                            OptionalInt.empty(),
                            "The agent " + question.agent()
                                    + " is suspended: its owner or the platform has cut it off from every server."),
                    "AgentIdentity " + question.agent() + " is suspended. "
                            + suspended.get().sentence()));
        }
        if (!view.inMesh(question.server().namespace())) {
            return Optional.of(outside(question.server().namespace(), "the server has no sidecar"));
        }
        if (!Consent.takes(agent, question.server())) {
            return Optional.of(refused(
                    Reason.UNKNOWN_PATH.word(),
                    new Refusal(404, OptionalInt.empty(), "There is no such path."),
                    "AgentIdentity " + question.agent() + " does not take server " + question.server()
                            + ". Its owner adds {namespace: "
                            + question.server().namespace() + ", name: "
                            + question.server().name() + "} to spec.servers."));
        }
        return Optional.empty();
    }

    private Answer outside(String namespace, String consequence) {
        return refused(
                "not_in_mesh",
                new Refusal(0, OptionalInt.empty(), ""),
                "Namespace " + namespace
                        + (resources.membership(namespace) == Membership.MISSING
                                ? " does not exist"
                                : " is not labelled stockade.dev/mesh: enabled")
                        + ", so " + consequence + ".");
    }

    /** What the server's sidecar says. */
    private Answer atTheServer(RequestText request) {
        Optional<AgentAccess> access = Grants.of(view).agents(server).stream()
                .filter(one -> one.agent().equals(view.identity(agent)))
                .findFirst();
        if (access.isEmpty() && !observes()) {
            return refused(
                    Reason.NO_GRANT.word(),
                    new Refusal(
                            403,
                            OptionalInt.empty(),
                            "The server " + question.server() + " refuses this agent (" + Reason.NO_GRANT.word()
                                    + "). Its owner grants access with an McpAccessPolicy."),
                    "No McpAccessPolicy in namespace " + question.server().namespace() + " names agent "
                            + question.agent() + " for server "
                            + question.server().name() + ".");
        }
        Optional<McpGuard.Verdict> closed = McpGuard.refusesServer(access);
        if (closed.isPresent() && !observes() && request.message() instanceof McpMessage.Call call) {
            return refused(
                    closed.get(),
                    403,
                    "No policy in force allows this agent anything at this server.",
                    shadow(access, call, request));
        }
        return switch (request.message()) {
            case McpMessage.Malformed malformed ->
                refused(
                        Reason.MALFORMED.word(),
                        new Refusal(400, OptionalInt.of(McpErrors.INVALID_REQUEST), malformed.sentence()),
                        "The message is one that two programs could read differently, and is refused whatever the"
                                + " policy says.");
            case McpMessage.Call call -> decided(access, closed, call, request);
            case McpMessage.Response response -> throw new IllegalStateException("a question was read as an answer");
        };
    }

    private Answer decided(
            Optional<AgentAccess> access,
            Optional<McpGuard.Verdict> closed,
            McpMessage.Call call,
            RequestText request) {
        McpGuard.Verdict verdict =
                closed.orElseGet(() -> McpGuard.decide(access.orElseThrow(), call, request.arguments()));
        Optional<Decision> shadow = shadow(access, call, request);
        return switch (verdict.decision()) {
            case Decision.Allow allow ->
                new Answer(question, true, "allow", "", allow.by(), Optional.empty(), shadow, "", notes);
            case Decision.Deny deny
            when observes() -> {
                notes.add(
                        "Server " + question.server() + " has enforcement: Observe, which lets through what the policy"
                                + " refuses. Enforced, it would refuse this.");
                yield new Answer(
                        question,
                        true,
                        "observe-deny",
                        deny.reason().word(),
                        deny.by(),
                        Optional.empty(),
                        shadow,
                        "",
                        notes);
            }
            case Decision.Deny deny -> refused(verdict, 200, because(deny, access), shadow);
        };
    }

    private static Optional<Decision> shadow(Optional<AgentAccess> access, McpMessage.Call call, RequestText request) {
        return access.flatMap(a -> McpGuard.decideInShadow(a, call, request.arguments()));
    }

    private boolean observes() {
        return server.getSpec().enforcement() == Enforcement.OBSERVE;
    }

    private String because(Decision.Deny deny, Optional<AgentAccess> access) {
        if (deny.reason() == Reason.MALFORMED) {
            return "It is refused whatever else the policy says.";
        }
        if (deny.reason() == Reason.EVALUATION_ERROR) {
            return "The condition of an allow rule cannot be evaluated with these arguments, and no other rule allows it.";
        }
        if (deny.by().isPresent()) {
            return "A deny rule matches, which wins over every allow.";
        }
        List<String> allowed = question.verb().kind().stream()
                .flatMap(kind -> allowed(access.orElseThrow(), kind))
                .toList();
        if (allowed.isEmpty()) {
            return "No allow rule names any "
                    + question.verb().kind().map(GuardedKind::word).orElse("thing") + " for this agent at this server.";
        }
        return "No allow rule matches. Allowed are: "
                + String.join(", ", allowed.subList(0, Math.min(MOST_PATTERNS, allowed.size())))
                + (allowed.size() > MOST_PATTERNS ? ", and " + (allowed.size() - MOST_PATTERNS) + " more." : ".");
    }

    private static Stream<String> allowed(AgentAccess access, GuardedKind kind) {
        return access.policies().stream()
                .filter(policy -> !policy.shadow())
                .map(AccessPolicy::allow)
                .flatMap(List::stream)
                .flatMap(rule -> rule.patterns(kind).stream())
                .map(NamePattern::text)
                .distinct();
    }

    private Answer refused(McpGuard.Verdict verdict, int status, String why, Optional<Decision> shadow) {
        Decision.Deny deny = (Decision.Deny) verdict.decision();
        return new Answer(
                question,
                false,
                "deny",
                deny.reason().word(),
                deny.by(),
                Optional.of(new Refusal(status, OptionalInt.of(McpErrors.DENIED), verdict.message())),
                shadow,
                why,
                notes);
    }

    private Answer refused(String reason, Refusal caller, String why) {
        return new Answer(
                question,
                false,
                "deny",
                reason,
                Optional.empty(),
                caller.status() == 0 ? Optional.empty() : Optional.of(caller),
                Optional.empty(),
                why,
                notes);
    }
}
