package dev.stockade.model.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.json.ByteRange;
import dev.stockade.model.json.JsonPieces;
import dev.stockade.model.json.JsonRefusedException;
import dev.stockade.model.json.Members;
import dev.stockade.model.json.Members.ObjectKeys;
import dev.stockade.model.json.Members.WantedKey;
import dev.stockade.model.json.StrictJson;
import dev.stockade.model.policy.GuardedKind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Cuts the lists in a result down to what the agent may use, by ranges of bytes; everything else stays as it came, the cursor of
 * an emptied page too. Works on whatever of {@code tools}, {@code resources}, {@code resourceTemplates} and {@code prompts} the
 * result has, so that a replayed answer is cut without knowing its request. Of {@code tasks} it leaves the agent's own, with their marks. Used again and again, by one thread at a time.
 *
 * <p>The result of one agent must not be served to another from a cache (2026-07-28 server/utilities/caching): its
 * {@code cacheScope} becomes {@code private}, and its {@code ttlMs} at most {@link #LONGEST_TTL_MILLIS}, or a change of the
 * policy would show only after it.
 */
public final class ListFilter {
    /** How long a client may go on with a list that it has. */
    public static final long LONGEST_TTL_MILLIS = 5000;

    private static final int RESULT = 0;
    private static final int TOOLS = 1;
    private static final int RESOURCES = 2;
    private static final int TEMPLATES = 3;
    private static final int PROMPTS = 4;
    private static final int CACHE_SCOPE = 5;
    private static final int TTL = 6;
    private static final int TASKS = 7;
    private static final Members.Layout LAYOUT = new Members.Layout(
            new ObjectKeys(
                    false,
                    false,
                    List.of(WantedKey.object(
                            "result",
                            RESULT,
                            new ObjectKeys(
                                    false,
                                    false,
                                    List.of(
                                            WantedKey.leaf("tools", TOOLS),
                                            WantedKey.leaf("resources", RESOURCES),
                                            WantedKey.leaf("resourceTemplates", TEMPLATES),
                                            WantedKey.leaf("prompts", PROMPTS),
                                            WantedKey.leaf("tasks", TASKS),
                                            WantedKey.leaf("cacheScope", CACHE_SCOPE),
                                            WantedKey.leaf("ttlMs", TTL)))))),
            8);

    private static final int NAME = 0;
    private static final int URI = 1;
    private static final int URI_TEMPLATE = 2;
    private static final int TASK_ID = 3;
    private static final Members.Layout ITEM = new Members.Layout(
            new ObjectKeys(
                    false,
                    false,
                    List.of(
                            WantedKey.leaf("name", NAME),
                            WantedKey.leaf("uri", URI),
                            WantedKey.leaf("uriTemplate", URI_TEMPLATE),
                            WantedKey.leaf("taskId", TASK_ID))),
            4);

    /** A range of the document, and the ASCII text that stands there instead. */
    public record Cut(ByteRange range, String replacement) {
        public Cut {
            requireNonNull(range);
            requireNonNull(replacement);
        }
    }

    private final StrictJson json;
    private final Members found = new Members(LAYOUT);
    private final Members item = new Members(ITEM);

    /** @param seed any number that a server cannot know */
    public ListFilter(long seed) {
        json = new StrictJson(StrictJson.Sender.SERVER, seed);
    }

    /**
     * What to cut out of an answer.
     *
     * @param visible whether the agent may see this
     * @param taskMark what stands behind the id of a task of the agent; empty for another's, which is cut
     * @param modern whether a result that names no {@code cacheScope} gets one
     * @return in the order of the document, not overlapping; empty to pass it as it is
     * @throws JsonRefusedException if the answer cannot be read, and so must not be passed
     */
    public List<Cut> cuts(
            ByteBuffer answer, Predicate<Target> visible, Function<String, Optional<String>> taskMark, boolean modern)
            throws JsonRefusedException {
        json.read(answer, found);
        if (found.type(RESULT) != Members.OBJECT) {
            return List.of();
        }
        List<Cut> cuts = new ArrayList<>();
        if (modern && !found.has(CACHE_SCOPE)) {
            int at = found.start(RESULT) + 1;
            boolean empty = JsonPieces.raw(answer, found.range(RESULT))
                    .substring(1)
                    .stripLeading()
                    .startsWith("}");
            cuts.add(new Cut(
                    new ByteRange(at, at), empty ? "\"cacheScope\":\"private\"" : "\"cacheScope\":\"private\","));
        } else if (found.has(CACHE_SCOPE)) {
            cuts.add(new Cut(found.range(CACHE_SCOPE), "\"private\""));
        }
        if (found.has(TTL) && ttlTooLong(answer)) {
            cuts.add(new Cut(found.range(TTL), Long.toString(LONGEST_TTL_MILLIS)));
        }
        // The members are copied first: reading the items uses the scanner again.
        ByteRange tools = array(TOOLS);
        ByteRange resources = array(RESOURCES);
        ByteRange templates = array(TEMPLATES);
        ByteRange prompts = array(PROMPTS);
        ByteRange tasks = array(TASKS);
        cut(answer, tools, item -> sees(answer, item, NAME, GuardedKind.TOOL, visible), cuts);
        cut(answer, resources, item -> sees(answer, item, URI, GuardedKind.RESOURCE, visible), cuts);
        cut(answer, templates, item -> sees(answer, item, URI_TEMPLATE, GuardedKind.RESOURCE, visible), cuts);
        cut(answer, prompts, item -> sees(answer, item, NAME, GuardedKind.PROMPT, visible), cuts);
        cut(answer, tasks, item -> marks(answer, item, taskMark, cuts), cuts);
        cuts.sort((a, b) -> Integer.compare(a.range().start(), b.range().start()));
        return cuts;
    }

    private ByteRange array(int member) throws JsonRefusedException {
        if (!found.has(member)) {
            return ByteRange.NONE;
        }
        if (found.type(member) != Members.ARRAY) {
            throw new JsonRefusedException("a list of the result is not an array");
        }
        return found.range(member);
    }

    private boolean ttlTooLong(ByteBuffer answer) {
        if (found.type(TTL) != Members.INTEGER && found.type(TTL) != Members.NUMBER) {
            return true;
        }
        return Double.parseDouble(JsonPieces.raw(answer, found.range(TTL))) > LONGEST_TTL_MILLIS;
    }

    /** Whether an item of a list stays. */
    private interface Stays {
        boolean test(ByteRange item) throws JsonRefusedException;
    }

    private static void cut(ByteBuffer answer, ByteRange array, Stays stays, List<Cut> cuts)
            throws JsonRefusedException {
        if (array.isEmpty()) {
            return;
        }
        int last = array.end() - 1;
        int keptEnd = array.start() + 1;
        boolean keptAny = false;
        boolean gap = false;
        int at = array.start() + 1;
        while (true) {
            at = nextItem(answer, at, last);
            if (at == last) {
                break;
            }
            int end = JsonPieces.skip(answer, at);
            if (stays.test(new ByteRange(at, end))) {
                if (gap) {
                    cuts.add(new Cut(new ByteRange(keptEnd, at), keptAny ? "," : ""));
                }
                keptAny = true;
                gap = false;
                keptEnd = end;
            } else {
                gap = true;
            }
            at = end;
        }
        if (gap) {
            cuts.add(new Cut(new ByteRange(keptEnd, last), ""));
        }
    }

    /** Where the next item of an array begins, or its closing bracket. */
    static int nextItem(ByteBuffer answer, int from, int last) {
        int at = from;
        while (at < last) {
            byte b = answer.get(answer.position() + at);
            if (b != ',' && b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                return at;
            }
            at++;
        }
        return last;
    }

    private boolean sees(ByteBuffer answer, ByteRange range, int member, GuardedKind kind, Predicate<Target> visible)
            throws JsonRefusedException {
        Optional<String> name = member(answer, range, member);
        return name.isPresent() && visible.test(new Target(kind, name.get()));
    }

    /** Marks the task if it is the agent's. */
    private boolean marks(
            ByteBuffer answer, ByteRange range, Function<String, Optional<String>> taskMark, List<Cut> cuts)
            throws JsonRefusedException {
        Optional<String> mark = member(answer, range, TASK_ID).flatMap(taskMark);
        mark.ifPresent(text -> {
            int quote = range.start() + item.end(TASK_ID) - 1;
            cuts.add(new Cut(new ByteRange(quote, quote), text));
        });
        return mark.isPresent();
    }

    /** The text of a member of an item, where that is a string. */
    private Optional<String> member(ByteBuffer answer, ByteRange range, int member) throws JsonRefusedException {
        if (answer.get(answer.position() + range.start()) != '{') {
            return Optional.empty();
        }
        ByteBuffer one = answer.slice(answer.position() + range.start(), range.length());
        json.read(one, item);
        if (item.type(member) != Members.STRING || item.range(member).length() > 6 * Target.LONGEST) {
            return Optional.empty();
        }
        return Optional.of(JsonPieces.text(one, item.range(member)));
    }
}
