package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.common.Condition;
import dev.stockade.operator.acks.Acknowledgements;
import dev.stockade.policy.MeshPod;
import java.util.List;
import java.util.Optional;

/**
 * Names the pods whose sidecars are of another release than the operator. They serve as before, so it holds nothing back. Pure.
 *
 * @param release of the operator
 */
public record Outdated(String release) {
    public Outdated {
        requireNonNull(release);
    }

    /**
     * Injected, which also says which sidecars are of another release.
     *
     * @param pods with a sidecar
     * @param published the condition as it stands in the resource: a new leader repeats it until those sidecars have told their
     *     release, so that the message does not come and go
     */
    public Finding named(
            Finding injected,
            List<MeshPod> pods,
            Acknowledgements acks,
            Optional<Condition> published,
            Settling settling) {
        List<String> other = pods.stream()
                .flatMap(pod -> acks
                        .report(pod.uid())
                        .filter(report -> !report.release().equals(release))
                        .map(report -> pod.reference() + " (" + report.release() + ")")
                        .stream())
                .toList();
        boolean unheard = settling.lasts()
                && pods.stream().anyMatch(pod -> acks.report(pod.uid()).isEmpty());
        if (other.isEmpty() && !unheard) {
            return injected;
        }
        if (unheard) {
            Optional<Finding> kept = published
                    .filter(c -> c.status() == injected.status()
                            && c.reason().equals(injected.reason())
                            && c.message().startsWith(injected.message()))
                    .map(Finding::kept);
            if (kept.isPresent() || other.isEmpty()) {
                return kept.orElse(injected);
            }
        }
        return injected.also("Sidecars of another release than the operator's, " + release + ": " + Phrases.names(other)
                + ". They serve as before; restart these pods to bring them up to it.");
    }
}
