package dev.stockade.operator.status;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What the leader's restarting of pods has come to, for the statuses: written by one thread, read by the reconcilers. */
public final class RestartReports {
    private final Map<String, Noted> reports = new ConcurrentHashMap<>();

    private record Noted(long generation, Restarting report) {}

    /** What is so of that generation of the resource. */
    public Optional<Restarting> of(HasMetadata resource) {
        return Optional.ofNullable(reports.get(resource.getMetadata().getUid()))
                .filter(noted -> noted.generation() == resource.getMetadata().getGeneration())
                .map(Noted::report);
    }

    /** @return whether this is news */
    public boolean note(HasMetadata resource, Restarting report) {
        Noted now = new Noted(resource.getMetadata().getGeneration(), report);
        return !now.equals(reports.put(resource.getMetadata().getUid(), now));
    }

    /** @return whether there was something to forget */
    public boolean forget(String uid) {
        return reports.remove(uid) != null;
    }

    /** Forgets all but these. */
    public void retain(Set<String> uids) {
        reports.keySet().retainAll(uids);
    }
}
