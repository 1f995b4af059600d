package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.mcp.RequestId;
import dev.stockade.model.policy.GuardedKind;
import dev.stockade.model.policy.Visibility;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Which identity opened which session of the server in this pod. A session is used by its owner alone; one that is not known,
 * or not the caller's, does not exist for it.
 *
 * <p>Held in memory, bounded in number and idle time: where room is needed, idle sessions go first, then the longest unused of
 * the agent that opens one, then the longest unused of all. Safe for any thread.
 */
final class Sessions {
    static final int MOST = 10_000;
    static final Duration IDLE = Duration.ofHours(24);

    /** How many unanswered requests of the server one session may have. */
    static final int MOST_PENDING = 1000;

    /** MCP 2025-11-25 "Session Management": visible ASCII. */
    private static final Pattern ID = Pattern.compile("[\\x21-\\x7e]{1,1024}");

    private final String tag;
    private final Clock clock;
    private final int most;
    private final Map<String, Session> byId = new ConcurrentHashMap<>();

    Sessions(String tag, Clock clock, int most) {
        this.tag = requireNonNull(tag);
        this.clock = requireNonNull(clock);
        this.most = most;
    }

    /** A session as its owner may use it. */
    static final class Session {
        private final String id;
        private final SpiffeId owner;
        private final String digest;
        private final Set<RequestId> pending = new HashSet<>();
        private volatile long lastUsed;
        private Set<GuardedKind> listChanged = Set.of();
        private Visibility told = Visibility.NOTHING;

        private Session(String id, SpiffeId owner, long now) {
            this.id = id;
            this.owner = owner;
            digest = Sessions.digest(id);
            lastUsed = now;
        }

        /** As the server knows it. */
        String id() {
            return id;
        }

        /** As it stands in audit lines. */
        String digest() {
            return digest;
        }

        /**
         * The server has said of which lists it tells that they change.
         *
         * @param now what lists show to the agent, from here on
         */
        synchronized void declares(Set<GuardedKind> kinds, Visibility now) {
            listChanged = Set.copyOf(kinds);
            told = now;
        }

        /** Of those, the ones that show something else than when this was asked before: each change is told once. */
        synchronized Set<GuardedKind> changes(Visibility now) {
            Set<GuardedKind> changed = told.changes(now);
            told = now;
            changed.retainAll(listChanged);
            return changed;
        }

        /** Notes that the server asked something of the agent; false if too much is unanswered. */
        boolean asked(RequestId request) {
            synchronized (pending) {
                // A replayed event asks the same again.
                return pending.contains(request) || (pending.size() < MOST_PENDING && pending.add(request));
            }
        }

        /** Whether this answers something that was asked, and was not answered before. */
        boolean answers(RequestId request) {
            synchronized (pending) {
                return pending.remove(request);
            }
        }
    }

    /** For the audit log: the first 16 hexadecimal digits of the id's SHA-256. */
    static String digest(String id) {
        return ReplicaTag.sha256(id).substring(0, 16);
    }

    /** The session that an agent names by the id that it was given, if it is its own. */
    Optional<Session> find(String given, SpiffeId agent) {
        Optional<Session> session = untagged(given).map(byId::get);
        if (session.isEmpty() || !session.get().owner.equals(agent)) {
            return Optional.empty();
        }
        session.get().lastUsed = clock.millis();
        return session;
    }

    private Optional<String> untagged(String given) {
        return given.length() > tag.length() + 1
                        && given.startsWith(tag)
                        && given.charAt(tag.length()) == ReplicaTag.SEPARATOR
                ? Optional.of(given.substring(tag.length() + 1))
                : Optional.empty();
    }

    /** Notes the session that the server just gave to the agent; empty if it is another's, or no id at all. */
    Optional<Session> opened(String id, SpiffeId agent) {
        if (!ID.matcher(id).matches()) {
            return Optional.empty();
        }
        long now = clock.millis();
        if (byId.size() >= most) {
            makeRoom(agent, now);
        }
        Session session = byId.computeIfAbsent(id, key -> new Session(key, agent, now));
        return session.owner.equals(agent) ? Optional.of(session) : Optional.empty();
    }

    private void makeRoom(SpiffeId agent, long now) {
        byId.values().removeIf(s -> now - s.lastUsed > IDLE.toMillis());
        if (byId.size() < most) {
            return;
        }
        Comparator<Session> longestUnused = Comparator.comparingLong(s -> s.lastUsed);
        byId.values().stream()
                .filter(s -> s.owner.equals(agent))
                .min(longestUnused)
                .or(() -> byId.values().stream().min(longestUnused))
                .ifPresent(this::ended);
    }

    /** The session is over. */
    void ended(Session session) {
        byId.remove(session.id, session);
    }

    /** As the agent gets to know it. */
    String given(Session session) {
        return tag + ReplicaTag.SEPARATOR + session.id;
    }

    int size() {
        return byId.size();
    }
}
