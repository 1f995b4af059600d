package dev.stockade.operator.agent;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.agent.Capture;
import dev.stockade.crds.agent.NotCaptured;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.operator.status.Mesh;
import dev.stockade.operator.status.Phrases;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.ServiceNames;
import dev.stockade.policy.ServicePort;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The Services of the servers that an agent takes whose names do not lead into the mesh from some pod of it: names are decided
 * when a pod is created. The servers are reached at 15001 all the same. Pure.
 */
final class NotCapturedNames {
    private static final int MOST = 1024;

    private NotCapturedNames() {}

    static List<NotCaptured> of(AgentIdentity agent, Mesh mesh, List<MeshPod> pods) {
        if (agent.getSpec().capture() == Capture.NONE
                || !mesh.view().inMesh(agent.getMetadata().getNamespace())) {
            return List.of();
        }
        Map<ServicePort, NotCaptured> missing = new TreeMap<>();
        for (SecureMcpServer server : mesh.grants().taken(agent)) {
            for (ServicePort service : ServiceNames.of(
                    server,
                    mesh.view().servicesIn(server.getMetadata().getNamespace()),
                    mesh.claims().pods(server))) {
                List<MeshPod> without = pods.stream()
                        .filter(pod -> !pod.terminating() && !pod.capture().containsKey(service))
                        .toList();
                if (!without.isEmpty()) {
                    missing.putIfAbsent(
                            service, new NotCaptured(service.toString(), address(server), why(service, without)));
                }
            }
        }
        return missing.values().stream().limit(MOST).toList();
    }

    private static String address(SecureMcpServer server) {
        return "http://127.0.0.1:15001/" + server.getMetadata().getNamespace() + "/"
                + server.getMetadata().getName();
    }

    private static String why(ServicePort service, List<MeshPod> pods) {
        List<String> declaring = pods.stream()
                .filter(pod -> pod.declares(service.port()))
                .map(MeshPod::reference)
                .toList();
        List<String> older = pods.stream()
                .filter(pod -> !pod.declares(service.port()))
                .map(MeshPod::reference)
                .toList();
        List<String> reasons = new ArrayList<>();
        if (!declaring.isEmpty()) {
            reasons.add(Phrases.names(declaring) + (declaring.size() == 1 ? " declares" : " declare") + " port "
                    + service.port() + (declaring.size() == 1 ? " itself." : " themselves."));
        }
        if (!older.isEmpty()) {
            reasons.add(Phrases.names(older) + (older.size() == 1 ? " was" : " were")
                    + " created before this was known, or has another address for the name; a restart captures it.");
        }
        return String.join(" ", reasons);
    }
}
