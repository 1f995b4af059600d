package dev.stockade.model.policy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What lists show to one agent, as three digests: small enough to be kept with each of ten thousand sessions, and enough to tell
 * that the rules of a kind have changed. Pure.
 *
 * <p>Equal are rules that hide the same whatever the server has: their order, the policies that they stand in, repetitions and
 * Shadow policies make no difference, nor do the conditions of allows (a list shows what some arguments may allow) and denies that
 * have one, nor does anything beside a {@code *} that allows or denies all. Rules that happen to hide
 * the same of what this server has are told apart: an agent that lists once more in vain loses nothing.
 *
 * @param tools of the rules on tools
 * @param resources of those on resources
 * @param prompts of those on prompts
 */
public record Visibility(long tools, long resources, long prompts) {
    /** Of an agent without rules. */
    public static final Visibility NOTHING = new Visibility(0, 0, 0);

    /** Of an agent at a server that is only being observed. */
    public static final Visibility EVERYTHING = new Visibility(1, 1, 1);

    private static final String ALL = "*";

    /** What those rules let an agent see. Suspension is left out: whoever is suspended sees no list at all. */
    static Visibility of(Collection<AccessPolicy> policies) {
        return new Visibility(
                digest(policies, GuardedKind.TOOL),
                digest(policies, GuardedKind.RESOURCE),
                digest(policies, GuardedKind.PROMPT));
    }

    /** What an agent sees now; without access, nothing. */
    public static Visibility of(Optional<AgentAccess> access, boolean observe) {
        return observe ? EVERYTHING : access.map(AgentAccess::visibility).orElse(NOTHING);
    }

    private static long digest(Collection<AccessPolicy> policies, GuardedKind kind) {
        TreeSet<String> allowed = new TreeSet<>();
        TreeSet<String> hidden = new TreeSet<>();
        for (AccessPolicy policy : policies) {
            if (!policy.shadow()) {
                policy.allow().forEach(rule -> add(rule, kind, allowed));
                policy.deny().stream()
                        .filter(rule -> rule.condition().isEmpty())
                        .forEach(rule -> add(rule, kind, hidden));
            }
        }
        if (allowed.isEmpty() || hidden.contains(ALL)) {
            return NOTHING.of(kind);
        }
        if (allowed.contains(ALL)) {
            if (hidden.isEmpty()) {
                return EVERYTHING.of(kind);
            }
            allowed.clear();
            allowed.add(ALL);
        }
        MessageDigest sha256 = sha256();
        allowed.forEach(pattern -> update(sha256, 'a', pattern));
        hidden.forEach(pattern -> update(sha256, 'd', pattern));
        return ByteBuffer.wrap(sha256.digest()).getLong();
    }

    private static void add(Rule rule, GuardedKind kind, Set<String> to) {
        rule.patterns(kind).forEach(pattern -> to.add(pattern.text()));
    }

    private static void update(MessageDigest sha256, char side, String pattern) {
        byte[] text = pattern.getBytes(UTF_8);
        sha256.update((byte) side);
        sha256.update(ByteBuffer.allocate(Integer.BYTES).putInt(text.length).flip());
        sha256.update(text);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("visibility: SHA-256 is not available", e);
        }
    }

    private long of(GuardedKind kind) {
        return switch (kind) {
            case TOOL -> tools;
            case RESOURCE -> resources;
            case PROMPT -> prompts;
        };
    }

    /** The kinds whose lists may show something else now. */
    public Set<GuardedKind> changes(Visibility now) {
        requireNonNull(now);
        EnumSet<GuardedKind> changed = EnumSet.noneOf(GuardedKind.class);
        for (GuardedKind kind : GuardedKind.values()) {
            if (of(kind) != now.of(kind)) {
                changed.add(kind);
            }
        }
        return changed;
    }
}
