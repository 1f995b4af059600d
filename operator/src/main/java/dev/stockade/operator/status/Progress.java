package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.common.Condition;
import dev.stockade.operator.acks.Acknowledgements;
import dev.stockade.operator.acks.SidecarReport;
import dev.stockade.operator.acks.Standing;
import dev.stockade.policy.MeshPod;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * How far one generation of a resource has come among the sidecars that it concerns.
 *
 * @param refusals {@code namespace/pod: the sidecar's sentence}
 */
public record Progress(long generation, Standing standing, List<String> refusals) {
    public Progress {
        requireNonNull(standing);
        refusals = List.copyOf(refusals);
    }

    /**
     * Asks how far it has come among the pods, and among those whose sidecars still hold an earlier generation though it
     * concerns them no more: until they let go of it, it is in force there.
     *
     * @param there a pod that is still there, and whose sidecar may hold it
     */
    public static Progress of(
            String uid,
            long generation,
            Collection<MeshPod> concerned,
            Function<String, Optional<MeshPod>> there,
            Acknowledgements acks) {
        Map<String, MeshPod> counted = new LinkedHashMap<>();
        concerned.stream().filter(MeshPod::injected).forEach(pod -> counted.put(pod.uid(), pod));
        for (String holder : acks.holding(uid)) {
            if (acks.report(holder)
                    .filter(r -> r.sources().getOrDefault(uid, generation) < generation)
                    .isPresent()) {
                there.apply(holder).ifPresent(pod -> counted.put(holder, pod));
            }
        }
        List<String> refusals = new ArrayList<>();
        for (MeshPod pod : counted.values()) {
            acks.report(pod.uid())
                    .filter(report -> !report.has(uid, generation))
                    .flatMap(SidecarReport::refusal)
                    .ifPresent(refusal -> refusals.add(pod.reference() + ": " + refusal));
        }
        return new Progress(generation, acks.standing(uid, generation, counted.values()), refusals);
    }

    public boolean complete() {
        return standing.complete();
    }

    /** Whether no sidecar is concerned. */
    public boolean concernsNobody() {
        return standing.counted() == 0;
    }

    /**
     * {@code 1/2}, or what was published, where the condition that says the same is {@link #finding kept}.
     *
     * @param condition the condition as it stands in the resource
     */
    public String column(String published, Optional<Condition> condition, Settling settling) {
        return kept(condition, settling).isPresent() && !published.isEmpty()
                ? published
                : standing.acknowledged() + "/" + standing.counted();
    }

    /** What a former leader knew, where this one has not heard from all sidecars, and nothing against it from any. */
    private Optional<Condition> kept(Optional<Condition> published, Settling settling) {
        return complete() || !refusals.isEmpty()
                ? Optional.empty()
                : published.filter(c -> restsOnReports(c) && settling.isFormers(c, generation));
    }

    /**
     * As a condition.
     *
     * @param published the condition as it stands in the resource
     * @param settling whether missing reports say nothing yet; what was published before of the same generation is then left
     */
    public Finding finding(String type, Optional<Condition> published, Settling settling) {
        if (complete()) {
            return standing.counted() == 0
                    ? Finding.yes(type, Reason.NO_SIDECARS, "No sidecar is concerned." + departed())
                    : Finding.yes(type, Reason.ACKNOWLEDGED, counted() + "." + departed());
        }
        if (!refusals.isEmpty()) {
            return Finding.no(
                    type, Reason.REFUSED, counted() + ". Refused by " + Phrases.names(refusals) + "." + departed());
        }
        return kept(published, settling)
                .map(Finding::kept)
                .orElseGet(() -> Finding.unknown(
                        type,
                        Reason.WAITING,
                        counted() + ". Waiting for " + Phrases.names(standing.waiting()) + "." + departed()));
    }

    /**
     * Whether a former leader knew it from the sidecars, and this one may know it again when they have reported: that all have
     * acknowledged, or that one has refused. That there were none to ask says nothing of one that is there now.
     */
    private static boolean restsOnReports(Condition published) {
        return switch (published.status()) {
            case TRUE -> !published.reason().equals(Reason.NO_SIDECARS.word());
            case FALSE -> published.reason().equals(Reason.REFUSED.word());
            case UNKNOWN -> false;
        };
    }

    private String counted() {
        return standing.acknowledged() + " of " + Phrases.count(standing.counted(), "sidecar") + " concerned "
                + (standing.counted() == 1 ? "has" : "have") + " acknowledged generation " + generation;
    }

    private String departed() {
        return standing.departed().isEmpty()
                ? ""
                : " Not counted, because they refuse everything by themselves by now: "
                        + Phrases.names(standing.departed()) + ".";
    }
}
