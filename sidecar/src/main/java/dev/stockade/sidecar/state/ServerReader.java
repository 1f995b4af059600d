package dev.stockade.sidecar.state;

import static dev.stockade.sidecar.state.SnapshotReader.require;
import static java.util.Objects.requireNonNull;

import dev.stockade.condition.CompiledCondition;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.model.policy.AccessPolicy;
import dev.stockade.model.policy.AgentAccess;
import dev.stockade.model.policy.ClientFeature;
import dev.stockade.model.policy.Condition;
import dev.stockade.model.policy.NamePattern;
import dev.stockade.model.policy.Rule;
import dev.stockade.wire.control.v1.Audit;
import dev.stockade.wire.control.v1.Limits;
import dev.stockade.wire.control.v1.Server;
import dev.stockade.wire.control.v1.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** The server's part of a snapshot: its rules, and who may connect. Throws {@link IllegalArgumentException} alone. */
final class ServerReader {
    /** The kind whose cache decides whether an absent pod is withdrawn or newer. */
    private static final String PODS = "pods";

    private static final Pattern HOST = Pattern.compile("[!-~]{1,255}");
    private static final int SHORTEST_KEY = 16;
    /** Of HMAC-SHA-256: as long as its result (RFC 2104 section 3). */
    private static final int SHORTEST_STATE_KEY = 32;

    private static final Duration LONGEST_STALE = Duration.ofHours(24);
    private static final Duration LONGEST_REQUEST = Duration.ofDays(31);

    private final String trustDomain;
    private final Snapshot snapshot;

    ServerReader(String trustDomain, Snapshot snapshot) {
        this.trustDomain = requireNonNull(trustDomain);
        this.snapshot = requireNonNull(snapshot);
    }

    PodState.Serving read(Server server) {
        SpiffeId id = SnapshotReader.identity(
                trustDomain, server.getSpiffeId(), WorkloadKind.MCP, server.getNamespace(), server.getName());
        String what = "server " + server.getNamespace() + "/" + server.getName();
        require(HOST.matcher(server.getHostHeader()).matches(), what + ": its host header is not one");
        Map<SpiffeId, AgentAccess> agents = new HashMap<>();
        Map<SpiffeId, Set<String>> livePods = new HashMap<>();
        List<AccessPolicy> policies =
                server.getPoliciesList().stream().map(ServerReader::policy).toList();
        for (dev.stockade.wire.control.v1.AgentAccess agent : server.getAgentsList()) {
            AgentAccess access = access(agent, id, policies);
            require(agents.put(access.agent(), access) == null, "agent " + access.agent() + " is listed twice");
            livePods.put(access.agent(), Set.copyOf(new java.util.HashSet<>(agent.getPodUidsList())));
        }
        ServerRules rules = new ServerRules(
                id,
                server.getNamespace(),
                server.getName(),
                snapshot.getGeneration(),
                SnapshotReader.port(what, server.getPort()),
                SnapshotReader.path(what, server.getPath()),
                server.getHostHeader(),
                server.getObserve(),
                limits(what, server.getLimits()),
                audit(what, server.getAudit()),
                stateKey(what, server.getStateKey().toByteArray()),
                agents);
        Long podsAt = snapshot.getCompiledAtMap().get(PODS);
        if (podsAt == null) {
            throw new IllegalArgumentException("it does not say at which state of pods it was compiled");
        }
        return new PodState.Serving(rules, new Admission(agents, livePods, podsAt));
    }

    private AgentAccess access(
            dev.stockade.wire.control.v1.AgentAccess agent, SpiffeId server, List<AccessPolicy> policies) {
        SpiffeId id = SnapshotReader.identity(
                trustDomain, agent.getSpiffeId(), WorkloadKind.AGENT, agent.getNamespace(), agent.getName());
        List<AccessPolicy> own = new ArrayList<>();
        for (int index : agent.getPoliciesList()) {
            require(
                    index >= 0 && index < policies.size(),
                    "agent " + id + ": there is no policy " + Integer.toUnsignedString(index));
            own.add(policies.get(index));
        }
        return new AgentAccess(id, agent.getServiceAccount(), server, agent.getSuspended(), own);
    }

    private static AccessPolicy policy(dev.stockade.wire.control.v1.AccessPolicy policy) {
        String what = "policy " + policy.getNamespace() + "/" + policy.getName();
        require(!policy.getNamespace().isEmpty() && !policy.getName().isEmpty(), "a policy has no name");
        return new AccessPolicy(
                policy.getNamespace(),
                policy.getName(),
                policy.getGeneration(),
                policy.getShadow(),
                policy.getAllowList().stream().map(r -> rule(what, r)).toList(),
                policy.getDenyList().stream().map(r -> rule(what, r)).toList());
    }

    private static Rule rule(String what, dev.stockade.wire.control.v1.Rule rule) {
        // A field that this release does not know could narrow the rule, and a rule without it is a wider grant.
        require(
                rule.getUnknownFields().asMap().isEmpty(),
                what + ": it holds a rule that this release of the sidecar does not know");
        return new Rule(
                patterns(rule.getToolsList()),
                patterns(rule.getResourcesList()),
                patterns(rule.getPromptsList()),
                rule.getClientFeaturesList().stream()
                        .map(word -> ClientFeature.named(word)
                                .orElseThrow(() -> new IllegalArgumentException(
                                        what + ": '" + word + "' is not a client feature")))
                        .collect(Collectors.toSet()),
                condition(what, rule.getWhen().toByteArray()));
    }

    private static Optional<Condition> condition(String what, byte[] form) {
        if (form.length == 0) {
            return Optional.empty();
        }
        try {
            return Optional.of(CompiledCondition.read(form));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(what + ": a condition cannot be loaded: " + e.getMessage(), e);
        }
    }

    private static List<NamePattern> patterns(List<String> texts) {
        return texts.stream().map(NamePattern::new).toList();
    }

    private static ServerRules.Limits limits(String what, Limits limits) {
        require(
                limits.getRequestBytes() > 0
                        && limits.getBufferBytes() > 0
                        && limits.getConcurrentRequests() > 0
                        && limits.getRequestTimeoutMillis() > 0
                        && limits.getCallsPerMinute() > 0
                        && limits.getStaleAfterMillis() > 0,
                what + ": a limit is missing");
        require(
                limits.getStaleAfterMillis() <= LONGEST_STALE.toMillis()
                        && limits.getRequestTimeoutMillis() <= LONGEST_REQUEST.toMillis(),
                what + ": staleAfter is longer than " + LONGEST_STALE + ", or requestTimeout than " + LONGEST_REQUEST);
        return new ServerRules.Limits(
                limits.getRequestBytes(),
                limits.getBufferBytes(),
                limits.getConcurrentRequests(),
                Duration.ofMillis(limits.getRequestTimeoutMillis()),
                limits.getCallsPerMinute(),
                Duration.ofMillis(limits.getStaleAfterMillis()));
    }

    private static SecretKey stateKey(String what, byte[] key) {
        require(
                key.length >= SHORTEST_STATE_KEY,
                what + ": the key for what it hands out is missing or shorter than " + SHORTEST_STATE_KEY + " bytes");
        return new SecretKeySpec(key, "HmacSHA256");
    }

    private static ServerRules.AuditRules audit(String what, Audit audit) {
        byte[] key = audit.getDigestKey().toByteArray();
        require(key.length >= SHORTEST_KEY, what + ": the key for digests of arguments is missing or short");
        return new ServerRules.AuditRules(
                switch (audit.getArguments()) {
                    case ARGUMENTS_NONE -> ServerRules.AuditRules.Arguments.NONE;
                    case ARGUMENTS_DIGEST -> ServerRules.AuditRules.Arguments.DIGEST;
                    case ARGUMENTS_FULL -> ServerRules.AuditRules.Arguments.FULL;
                    case ARGUMENTS_UNSPECIFIED, UNRECOGNIZED ->
                        throw new IllegalArgumentException(what + ": how arguments are recorded is not known");
                },
                switch (audit.getOnFailure()) {
                    case ON_FAILURE_DENY -> ServerRules.AuditRules.OnFailure.DENY;
                    case ON_FAILURE_COUNT -> ServerRules.AuditRules.OnFailure.COUNT;
                    case ON_FAILURE_UNSPECIFIED, UNRECOGNIZED ->
                        throw new IllegalArgumentException(what + ": what happens when recording fails is not known");
                },
                new SecretKeySpec(key, "HmacSHA256"));
    }
}
