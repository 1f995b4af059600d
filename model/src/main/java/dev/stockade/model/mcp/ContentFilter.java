package dev.stockade.model.mcp;

import dev.stockade.model.json.ByteRange;
import dev.stockade.model.json.JsonPieces;
import dev.stockade.model.json.JsonRefusedException;
import dev.stockade.model.json.Members;
import dev.stockade.model.json.Members.ObjectKeys;
import dev.stockade.model.json.Members.WantedKey;
import dev.stockade.model.json.StrictJson;
import dev.stockade.model.mcp.ListFilter.Cut;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Puts a sentence in the place of each {@code resource_link} and each embedded resource of a result that the agent may not read
 * (2026-07-28 server/tools "Resource Links", "Embedded Resources", server/prompts "Embedded Resources"): blocks of {@code content},
 * and those of {@code messages}. Everything else stays as it came. Used again and again, by one thread at a time.
 */
public final class ContentFilter {
    /** What stands there instead: the resource is not named, as lists do not name it either. */
    static final String HIDDEN =
            "{\"type\":\"text\",\"text\":\"denied by policy: a resource in this result is not allowed for this workload\"}";

    private static final int RESULT = 0;
    private static final int CONTENT = 1;
    private static final int MESSAGES = 2;
    private static final Members.Layout LAYOUT = new Members.Layout(
            keys(WantedKey.object(
                    "result", RESULT, keys(WantedKey.leaf("content", CONTENT), WantedKey.leaf("messages", MESSAGES)))),
            3);

    private static final int MESSAGE_CONTENT = 0;
    private static final Members.Layout MESSAGE =
            new Members.Layout(keys(WantedKey.leaf("content", MESSAGE_CONTENT)), 1);

    private static final int TYPE = 0;
    private static final int URI = 1;
    private static final int RESOURCE = 2;
    private static final int RESOURCE_URI = 3;
    private static final Members.Layout BLOCK = new Members.Layout(
            keys(
                    WantedKey.leaf("type", TYPE),
                    WantedKey.leaf("uri", URI),
                    WantedKey.object("resource", RESOURCE, keys(WantedKey.leaf("uri", RESOURCE_URI)))),
            4);

    private static ObjectKeys keys(WantedKey... keys) {
        return new ObjectKeys(false, false, List.of(keys));
    }

    private final StrictJson json;
    private final Members found = new Members(LAYOUT);
    private final Members message = new Members(MESSAGE);
    private final Members block = new Members(BLOCK);

    /** @param seed any number that a server cannot know */
    public ContentFilter(long seed) {
        json = new StrictJson(StrictJson.Sender.SERVER, seed);
    }

    /**
     * What to replace in an answer.
     *
     * @param hidden is told each URI, and says whether the agent may not read it; "" where a block has none
     * @return in the order of the document, not overlapping; empty to pass it as it is
     * @throws JsonRefusedException if the answer cannot be read, and so must not be passed
     */
    public List<Cut> cuts(ByteBuffer answer, Predicate<String> hidden) throws JsonRefusedException {
        json.read(answer, found);
        List<Cut> cuts = new ArrayList<>();
        // The ranges are copied first: reading the items uses the scanner again.
        ByteRange content = found.range(CONTENT);
        ByteRange messages = found.range(MESSAGES);
        blocks(answer, content, hidden, cuts);
        for (ByteRange one : items(answer, messages)) {
            read(answer, one, message);
            ByteRange within = message.range(MESSAGE_CONTENT);
            blocks(answer, new ByteRange(one.start() + within.start(), one.start() + within.end()), hidden, cuts);
        }
        cuts.sort((a, b) -> Integer.compare(a.range().start(), b.range().start()));
        return cuts;
    }

    /** A list of blocks, or one. */
    private void blocks(ByteBuffer answer, ByteRange at, Predicate<String> hidden, List<Cut> cuts)
            throws JsonRefusedException {
        List<ByteRange> blocks = isObject(answer, at) ? List.of(at) : items(answer, at);
        for (ByteRange one : blocks) {
            Optional<String> uri = uri(answer, one);
            if (uri.isPresent() && hidden.test(uri.get())) {
                cuts.add(new Cut(one, HIDDEN));
            }
        }
    }

    private static boolean isObject(ByteBuffer answer, ByteRange at) {
        return !at.isEmpty() && answer.get(answer.position() + at.start()) == '{';
    }

    /** The objects of an array; nothing if it is none. */
    private static List<ByteRange> items(ByteBuffer answer, ByteRange array) {
        List<ByteRange> items = new ArrayList<>();
        if (array.isEmpty() || answer.get(answer.position() + array.start()) != '[') {
            return items;
        }
        int last = array.end() - 1;
        int at = ListFilter.nextItem(answer, array.start() + 1, last);
        while (at < last) {
            int end = JsonPieces.skip(answer, at);
            if (answer.get(answer.position() + at) == '{') {
                items.add(new ByteRange(at, end));
            }
            at = ListFilter.nextItem(answer, end, last);
        }
        return items;
    }

    /** @return the text that was read */
    private ByteBuffer read(ByteBuffer answer, ByteRange at, Members into) throws JsonRefusedException {
        ByteBuffer one = answer.slice(answer.position() + at.start(), at.length());
        json.read(one, into);
        return one;
    }

    /** The URI that a block leads to, or whose content it holds; "" if it says none; empty if it is no such block. */
    private Optional<String> uri(ByteBuffer answer, ByteRange at) throws JsonRefusedException {
        ByteBuffer one = read(answer, at, block);
        String type = block.type(TYPE) == Members.STRING ? JsonPieces.text(one, block.range(TYPE)) : "";
        if (type.equals("resource_link")) {
            return Optional.of(text(one, URI));
        }
        if (type.equals("resource") || block.type(RESOURCE) == Members.OBJECT) {
            return Optional.of(text(one, RESOURCE_URI));
        }
        return Optional.empty();
    }

    private String text(ByteBuffer one, int member) {
        ByteRange range = block.range(member);
        return block.type(member) == Members.STRING && range.length() <= 6 * Target.LONGEST
                ? JsonPieces.text(one, range)
                : "";
    }
}
