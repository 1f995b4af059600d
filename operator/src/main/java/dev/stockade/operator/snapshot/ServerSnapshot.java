package dev.stockade.operator.snapshot;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import dev.stockade.condition.CompiledCondition;
import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.Enforcement;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.server.SecureMcpServerSpec;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.policy.AccessPolicy;
import dev.stockade.model.policy.AgentAccess;
import dev.stockade.model.policy.ClientFeature;
import dev.stockade.model.policy.Condition;
import dev.stockade.model.policy.NamePattern;
import dev.stockade.model.policy.Rule;
import dev.stockade.policy.Claims;
import dev.stockade.policy.Grants;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.MeshView;
import dev.stockade.policy.ResourceName;
import dev.stockade.wire.control.v1.Audit;
import dev.stockade.wire.control.v1.Limits;
import dev.stockade.wire.control.v1.Server;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.SecretKey;

/** The part of a snapshot that a server's own pods get: whom they let in, and by which rules. */
final class ServerSnapshot {
    private final MeshView view;
    private final Claims claims;
    private final Grants grants;

    ServerSnapshot(MeshView view, Claims claims, Grants grants) {
        this.view = view;
        this.claims = claims;
        this.grants = grants;
    }

    Server compile(SecureMcpServer server, ServerKeys keys, Sources sources) {
        sources.add(server);
        SecureMcpServerSpec spec = server.getSpec();
        boolean observe = spec.enforcement() == Enforcement.OBSERVE;
        Server.Builder message = Server.newBuilder()
                .setSpiffeId(view.identity(server).uri())
                .setNamespace(server.getMetadata().getNamespace())
                .setName(server.getMetadata().getName())
                .setPort(spec.port())
                .setPath(spec.path())
                .setHostHeader(spec.hostHeader())
                .addAllOpenPorts(spec.openPorts())
                .setObserve(observe)
                .setLimits(limits(spec.limits()))
                .setAudit(audit(spec.audit(), keys.digest()))
                .setStateKey(ByteString.copyFrom(keys.state().getEncoded()));
        List<AccessPolicy> policies = grants.policies(server);
        Map<String, Integer> indexes = new HashMap<>();
        for (AccessPolicy policy : policies) {
            indexes.put(policy.reference(), indexes.size());
            message.addPolicies(policy(policy));
        }
        access(server, observe).forEach((name, access) -> message.addAgents(agent(name, access, indexes)));
        concerning(server, observe, sources);
        return message.build();
    }

    /** Under Observe every agent of the mesh gets through, whether a policy names it or not. */
    private Map<ResourceName, AgentAccess> access(SecureMcpServer server, boolean observe) {
        Map<ResourceName, AgentAccess> access = new TreeMap<>();
        if (observe) {
            for (AgentIdentity agent : view.agents()) {
                if (view.inMesh(agent.getMetadata().getNamespace())) {
                    access.put(
                            ResourceName.of(agent),
                            new AgentAccess(
                                    view.identity(agent),
                                    agent.getSpec().serviceAccountName(),
                                    view.identity(server),
                                    grants.suspended(agent),
                                    List.of()));
                }
            }
        }
        for (AgentAccess granted : grants.agents(server)) {
            SpiffeId id = granted.agent();
            access.put(new ResourceName(id.namespace(), id.name()), granted);
        }
        return access;
    }

    /** Every policy that opens this server and every agent that one names: a change of theirs may change what holds here. */
    private void concerning(SecureMcpServer server, boolean observe, Sources sources) {
        ResourceName name = ResourceName.of(server);
        for (McpAccessPolicy policy : grants.opening(name)) {
            sources.add(policy);
            for (ResourceName agent : grants.resolution(policy).agents()) {
                view.agent(agent).ifPresent(sources::add);
            }
        }
        if (observe) {
            view.agents().stream()
                    .filter(agent -> view.inMesh(agent.getMetadata().getNamespace()))
                    .forEach(sources::add);
        }
    }

    private dev.stockade.wire.control.v1.AgentAccess agent(
            ResourceName name, AgentAccess access, Map<String, Integer> indexes) {
        var message = dev.stockade.wire.control.v1.AgentAccess.newBuilder()
                .setSpiffeId(access.agent().uri())
                .setNamespace(name.namespace())
                .setName(name.name())
                .setServiceAccount(access.serviceAccount())
                .setSuspended(access.suspended());
        view.agent(name).map(claims::pods).orElse(List.of()).stream()
                .filter(MeshPod::injected)
                .map(MeshPod::uid)
                .sorted()
                .forEach(message::addPodUids);
        access.policies().forEach(policy -> message.addPolicies(requireNonNull(indexes.get(policy.reference()))));
        return message.build();
    }

    private static dev.stockade.wire.control.v1.AccessPolicy policy(AccessPolicy policy) {
        return dev.stockade.wire.control.v1.AccessPolicy.newBuilder()
                .setNamespace(policy.namespace())
                .setName(policy.name())
                .setGeneration(policy.generation())
                .setShadow(policy.shadow())
                .addAllAllow(policy.allow().stream().map(ServerSnapshot::rule).toList())
                .addAllDeny(policy.deny().stream().map(ServerSnapshot::rule).toList())
                .build();
    }

    private static dev.stockade.wire.control.v1.Rule rule(Rule rule) {
        return dev.stockade.wire.control.v1.Rule.newBuilder()
                .addAllTools(rule.tools().stream().map(NamePattern::text).toList())
                .addAllResources(
                        rule.resources().stream().map(NamePattern::text).toList())
                .addAllPrompts(rule.prompts().stream().map(NamePattern::text).toList())
                .addAllClientFeatures(rule.clientFeatures().stream()
                        .map(ClientFeature::word)
                        .sorted()
                        .toList())
                .setWhen(rule.condition().map(ServerSnapshot::form).orElse(ByteString.EMPTY))
                .build();
    }

    private static ByteString form(Condition condition) {
        if (condition instanceof CompiledCondition compiled) {
            return ByteString.copyFrom(compiled.form());
        }
        throw new IllegalStateException("a condition that was not compiled cannot travel");
    }

    private static Limits limits(dev.stockade.crds.server.Limits limits) {
        return Limits.newBuilder()
                .setRequestBytes(limits.requestSize())
                .setBufferBytes(limits.bufferSize())
                .setConcurrentRequests(limits.concurrentRequests())
                .setRequestTimeoutMillis(limits.timeout().toMillis())
                .setCallsPerMinute(limits.callsPerMinute())
                .setStaleAfterMillis(limits.stale().toMillis())
                .build();
    }

    private static Audit audit(dev.stockade.crds.server.Audit audit, SecretKey digestKey) {
        return Audit.newBuilder()
                .setArguments(
                        switch (audit.arguments()) {
                            case NONE -> Audit.Arguments.ARGUMENTS_NONE;
                            case DIGEST -> Audit.Arguments.ARGUMENTS_DIGEST;
                            case FULL -> Audit.Arguments.ARGUMENTS_FULL;
                        })
                .setOnFailure(
                        switch (audit.onFailure()) {
                            case DENY -> Audit.OnFailure.ON_FAILURE_DENY;
                            case COUNT -> Audit.OnFailure.ON_FAILURE_COUNT;
                        })
                .setDigestKey(ByteString.copyFrom(digestKey.getEncoded()))
                .build();
    }
}
