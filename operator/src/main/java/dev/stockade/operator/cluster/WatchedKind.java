package dev.stockade.operator.cluster;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The informer of one kind, and the proof that it is current.
 *
 * <p>A watch that has silently stopped looks like a cluster in which nothing happens. So a kind counts as confirmed when its
 * watch has just brought something (an event or a bookmark, which come about once a minute), or when a list that the API server
 * answered from its latest state holds exactly what the cache holds. The first list is read from the latest state too, not
 * from the API server's cache, so that a new replica is never behind what an older one has shown to a sidecar.
 */
final class WatchedKind<T extends HasMetadata> {
    private static final Logger log = LoggerFactory.getLogger(WatchedKind.class);
    private static final Duration QUIET = Duration.ofSeconds(8);

    /** A list brings the metadata of every object: of many it is asked less often, and so costs no more a second. */
    private static final Duration QUIET_FOR_EACH = Duration.ofMillis(10);

    private static final Duration LONGEST_QUIET = Duration.ofSeconds(30);
    private static final Duration LAGS = Duration.ofSeconds(60);

    private final String key;
    private final SharedIndexInformer<T> informer;
    private final MetadataList lister;
    private final Clock clock;

    private volatile long proven;
    private volatile @Nullable Instant confirmed;
    private @Nullable String lastVersion;
    private Instant lastPoll;
    private boolean warned;

    /**
     * @param key {@code plural.group}
     * @param lister lists the same objects as the informer watches
     */
    WatchedKind(String key, SharedIndexInformer<T> informer, MetadataList lister, Clock clock) {
        this.key = requireNonNull(key);
        this.informer = requireNonNull(informer);
        this.lister = requireNonNull(lister);
        this.clock = requireNonNull(clock);
        this.lastPoll = clock.instant();
        informer.itemStore(new KeptStore<>());
        // An initial state, even an empty one, makes the informer list from the latest state and not from any cached
        // one.
        informer.initialState(Stream.empty());
        informer.exceptionHandler((started, cause) -> true);
    }

    String key() {
        return key;
    }

    SharedIndexInformer<T> informer() {
        return informer;
    }

    List<T> items() {
        return informer.getStore().list();
    }

    /** Up to which resourceVersion every change is in the store; 0 before the first list. Read it before the items. */
    long reached() {
        return Math.max(version(informer.lastSyncResourceVersion()), proven);
    }

    /** The highest resourceVersion of an object in the store; 0 if there is none. */
    long newest() {
        return informer.getStore().list().stream()
                .mapToLong(item -> version(item.getMetadata().getResourceVersion()))
                .max()
                .orElse(0);
    }

    /** When the store was last known to hold what the API server holds; null before. */
    @Nullable
    Instant confirmed() {
        return confirmed;
    }

    /** Called every second: notes the watch's activity, and lists where it has been quiet. */
    synchronized void poll() {
        Instant now = clock.instant();
        String version = informer.lastSyncResourceVersion();
        if (version != null && !version.equals(lastVersion)) {
            lastVersion = version;
            // It came at some moment since the last poll: no more than that is claimed.
            confirm(lastPoll);
        } else if (version != null && Duration.between(confirmedOr(now), now).compareTo(quiet(items().size())) > 0) {
            prove();
        }
        lastPoll = now;
    }

    /** How long a watch may say nothing before it is checked. */
    static Duration quiet(int objects) {
        Duration all = QUIET_FOR_EACH.multipliedBy(objects);
        Duration least = all.compareTo(QUIET) < 0 ? QUIET : all;
        return least.compareTo(LONGEST_QUIET) > 0 ? LONGEST_QUIET : least;
    }

    private Instant confirmedOr(Instant otherwise) {
        Instant at = confirmed;
        return at == null ? otherwise : at;
    }

    /** Compares the store with a list of the latest state. */
    synchronized void prove() {
        Instant asked = clock.instant();
        try {
            MetadataList.Listed listed = lister.list();
            Map<String, String> held = informer.getStore().list().stream()
                    .collect(Collectors.toMap(
                            item -> item.getMetadata().getUid(),
                            item -> item.getMetadata().getResourceVersion(),
                            (one, other) -> other));
            if (held.equals(listed.versions())) {
                proven = Math.max(proven, version(listed.resourceVersion()));
                confirm(asked);
            } else if (!warned && Duration.between(confirmedOr(asked), asked).compareTo(LAGS) > 0) {
                warned = true;
                log.atWarn()
                        .addKeyValue("kind", key)
                        .addKeyValue("confirmed", confirmed)
                        .log("the watch lags behind the API server; snapshots of this replica are not confirmed");
            }
        } catch (IOException e) {
            if (!warned) {
                warned = true;
                log.atWarn()
                        .addKeyValue("kind", key)
                        .addKeyValue("why", e.getMessage())
                        .log("the API server does not answer; snapshots of this replica are not confirmed");
            }
        }
    }

    private void confirm(Instant at) {
        Instant before = confirmed;
        if (before == null || at.isAfter(before)) {
            confirmed = at;
        }
        if (warned) {
            warned = false;
            log.atInfo().addKeyValue("kind", key).log("the caches are confirmed again");
        }
    }

    private static long version(@Nullable String resourceVersion) {
        // Opaque by the API's letter, and a revision of etcd in every API server (and comparable by KEP-5504).
        return resourceVersion == null || resourceVersion.isEmpty() ? 0 : Long.parseLong(resourceVersion);
    }
}
