package dev.stockade.operator.restart;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.status.Phrases;
import dev.stockade.operator.status.Reason;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What comes next in restarting the pods of one resource that have no sidecar. Pure.
 *
 * <p>Evicted is one pod at a time, and only one that comes back: its controller makes another one, the webhook injects that, and
 * nothing in the pod stands against a sidecar. The next follows when all pods with a sidecar are Ready, none is ending, and the
 * controller has as many pods as it shall have.
 */
final class RestartPlan {
    private RestartPlan() {}

    /** What to do, or why nothing. */
    sealed interface Step {
        /** No pod is without a sidecar. */
        record Done() implements Step {}

        /** This one is evicted. */
        record Evict(SelectedPod pod) implements Step {
            public Evict {
                requireNonNull(pod);
            }
        }

        /** The next look may find it otherwise. */
        record Wait(String sentence) implements Step {
            public Wait {
                requireNonNull(sentence);
            }
        }

        /** Only somebody's doing changes it. */
        record Stop(Reason reason, String sentence) implements Step {
            public Stop {
                requireNonNull(reason);
                requireNonNull(sentence);
            }
        }
    }

    /**
     * What is so.
     *
     * @param pods those that the resource has, and that may run
     * @param wanted how many pods each controller shall have, by its UID; one that does not exist any more is not in it
     * @param memory after having seen the pods
     * @param injector why a new pod would have no sidecar; empty if it would
     * @param blind why the picture of the cluster may be old; empty if it is not
     */
    record Situation(
            List<SelectedPod> pods,
            Map<String, Long> wanted,
            RestartMemory memory,
            Optional<String> injector,
            Optional<String> blind) {
        Situation {
            pods = List.copyOf(pods);
            wanted = Map.copyOf(wanted);
            requireNonNull(memory);
            requireNonNull(injector);
            requireNonNull(blind);
        }

        private boolean returns(SelectedPod pod) {
            return pod.objection().isEmpty()
                    && pod.controller()
                            .filter(c -> c.recreates() && wanted.containsKey(c.uid()))
                            .isPresent();
        }

        /** How many pods its controller has. */
        private long there(SelectedPod.Controller controller) {
            return pods.stream()
                    .filter(pod -> !pod.terminating())
                    .filter(pod -> pod.controller()
                            .filter(c -> c.uid().equals(controller.uid()))
                            .isPresent())
                    .count();
        }

        private boolean whole(SelectedPod pod) {
            SelectedPod.Controller controller = pod.controller().orElseThrow();
            return there(controller) == wanted.getOrDefault(controller.uid(), -1L);
        }
    }

    static Step next(Situation now) {
        List<SelectedPod> bare = now.pods().stream().filter(SelectedPod::bare).toList();
        Optional<SelectedPod> ending =
                now.pods().stream().filter(SelectedPod::terminating).findFirst();
        if (bare.isEmpty()) {
            return ending.filter(pod -> !pod.injected())
                    .<Step>map(pod -> new Step.Wait("Waits for pod " + pod.reference() + " to end."))
                    .orElseGet(Step.Done::new);
        }
        if (!now.memory().stoppedAmong().isEmpty()) {
            return new Step.Stop(
                    Reason.EVICTION_STOPPED,
                    "No more is evicted: what came in place of an evicted pod has no sidecar either ("
                            + names(bare)
                            + "), and would again. Look at MutatingWebhookConfiguration stockade-injector and at other webhooks, then restart one"
                            + " of these pods by hand.");
        }
        if (now.injector().isPresent()) {
            return new Step.Stop(
                    Reason.INJECTOR_CHANGED,
                    "None is evicted: " + now.injector().get());
        }
        if (now.blind().isPresent()) {
            return new Step.Wait("None is evicted for now: " + now.blind().get());
        }
        List<SelectedPod> returning = bare.stream()
                .filter(now::returns)
                // What does not serve is missed by nobody.
                .sorted(Comparator.comparing(SelectedPod::ready).thenComparing(SelectedPod::reference))
                .toList();
        String left = left(now, bare);
        if (returning.isEmpty()) {
            return new Step.Stop(Reason.NOT_EVICTABLE, left);
        }
        return waits(now, ending, returning)
                .<Step>map(sentence -> new Step.Wait((sentence + " " + left).strip()))
                .orElseGet(() -> new Step.Evict(
                        returning.stream().filter(now::whole).findFirst().orElseThrow()));
    }

    private static Optional<String> waits(Situation now, Optional<SelectedPod> ending, List<SelectedPod> returning) {
        if (ending.isPresent()) {
            return Optional.of("Waits for pod " + ending.get().reference() + " to end.");
        }
        Optional<SelectedPod> starting = now.pods().stream()
                .filter(pod -> pod.injected() && !pod.ready())
                .findFirst();
        if (starting.isPresent()) {
            return Optional.of("Waits for pod " + starting.get().reference() + ", which has its sidecar, to be Ready.");
        }
        if (returning.stream().anyMatch(now::whole)) {
            return Optional.empty();
        }
        SelectedPod.Controller controller = returning.getFirst().controller().orElseThrow();
        return Optional.of("Waits for " + controller + ", which shall have "
                + Phrases.count(now.wanted().getOrDefault(controller.uid(), 0L), "pod") + " and has "
                + now.there(controller) + " here.");
    }

    /** The sentence about those that are not evicted; empty if there are none. */
    static String left(Situation now, List<SelectedPod> bare) {
        List<SelectedPod> left = bare.stream().filter(pod -> !now.returns(pod)).toList();
        if (left.isEmpty()) {
            return "";
        }
        SelectedPod first = left.getFirst();
        String why = first.objection()
                .map(objection -> "with a sidecar it would be refused: " + objection)
                .or(() -> first.controller()
                        .map(controller -> controller.recreates()
                                ? controller + " does not exist any more and would not bring it back."
                                : controller + " would not simply bring it back."))
                .orElse("nothing would bring it back.");
        String more = left.size() == 1 ? "" : " Nor " + names(left.subList(1, left.size())) + ".";
        return "Pod " + first.reference() + " is not evicted: " + why + more + " Restart by hand what is left.";
    }

    private static String names(List<SelectedPod> pods) {
        return Phrases.names(pods.stream().map(SelectedPod::reference).collect(Collectors.toList()));
    }
}
