package dev.stockade.operator.isolation;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

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
                .sorted(Comparator.<Vantage>comparingInt(
                                sidecar -> sidecar.node().equals(pod.node()) ? 1 : 0)
                        .thenComparingInt(sidecar -> (sidecar.uid() + pod.uid()).hashCode())
                        .thenComparing(Vantage::uid))
                .toList();
        List<Vantage> chosen = new ArrayList<>(List.of(Vantage.OPERATOR));
        if (!others.isEmpty()) {
            Vantage first = others.getFirst();
            chosen.add(first);
            Optional<Vantage> elsewhere = others.stream()
                    .filter(sidecar -> !sidecar.node().equals(first.node()))
                    .findFirst();
            elsewhere.or(() -> others.stream().skip(1).findFirst()).ifPresent(chosen::add);
        }
        return chosen;
    }
}
