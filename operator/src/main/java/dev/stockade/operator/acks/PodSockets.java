package dev.stockade.operator.acks;

import dev.stockade.wire.control.v1.Socket;
import dev.stockade.wire.control.v1.Sockets;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Where something listens for TCP in a pod, as the pod's own sidecar sees it.
 *
 * @param listening the port, and whether it is bound to loopback addresses alone
 * @param truncated whether there are more ports than these
 * @param refusedInitialize the HTTP status by which the pod's server showed that it speaks no Streamable HTTP; 0 if it did not
 */
public record PodSockets(SortedMap<Integer, Boolean> listening, boolean truncated, int refusedInitialize) {
    public PodSockets {
        listening = Collections.unmodifiableSortedMap(new TreeMap<>(listening));
    }

    /** A port that is told twice is loopback's alone only where both say so. */
    public static PodSockets of(Sockets message) {
        TreeMap<Integer, Boolean> listening = new TreeMap<>();
        for (Socket socket : message.getListeningList()) {
            listening.merge(socket.getPort(), socket.getLoopbackOnly(), Boolean::logicalAnd);
        }
        return new PodSockets(listening, message.getTruncated(), message.getRefusedInitialize());
    }

    /** With these ports, none of them cut off. */
    public static PodSockets of(Map<Integer, Boolean> listening) {
        return new PodSockets(new TreeMap<>(listening), false, 0);
    }
}
