package dev.stockade.operator.isolation;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** From where a pod is tried. Pure, and the same as long as the same sidecars are there, so that statuses keep still. */
final class ProbePlan {

    private ProbePlan() {}

    /**
     * The operator, and sidecars of other namespaces than the pod's: on another node than the pod's first, then on another than
     * each other's; among equals each pod takes others, so that the work is shared.
     */
    static List<Vantage> vantages(ProtectedPod pod, Collection<Vantage> sidecars) {
        List<Vantage> others = sidecars.stream()
                .filter(sidecar -> !sidecar.namespace().equals(pod.namespace()))
                .filter(sidecar -> !sidecar.uid().equals(pod.uid()))
                .toList();
        // The least by this order, and not a sorted list: a thousand pods may each look at a thousand sidecars.
        Comparator<Vantage> order = Comparator.<Vantage>comparingInt(
                        sidecar -> sidecar.node().equals(pod.node()) ? 1 : 0)
                .thenComparingInt(sidecar -> mixed(sidecar.uid(), pod.uid()))
                .thenComparing(Vantage::uid);
        List<Vantage> chosen = new ArrayList<>(List.of(Vantage.OPERATOR));
        others.stream().min(order).ifPresent(first -> {
            chosen.add(first);
            others.stream()
                    .filter(sidecar -> !sidecar.uid().equals(first.uid()))
                    .min(Comparator.<Vantage>comparingInt(
                                    sidecar -> sidecar.node().equals(first.node()) ? 1 : 0)
                            .thenComparing(order))
                    .ifPresent(chosen::add);
        });
        return chosen;
    }

    /** Another number for each pair, and no new string. */
    private static int mixed(String one, String other) {
        int hash = (one.hashCode() * 0x9E3779B1) ^ (other.hashCode() * 0x85EBCA6B);
        return (hash ^ (hash >>> 15)) * 0xC2B2AE35;
    }
}
