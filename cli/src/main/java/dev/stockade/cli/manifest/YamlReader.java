package dev.stockade.cli.manifest;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.stockade.cli.UnusableException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * Reads YAML as JSON, with places. Strict: what kubectl and this reader could take for different things is refused, since a
 * manifest is to be judged as the API server will see it. That is a key that stands twice, and a plain word or
 * number that YAML 1.1 and 1.2 read differently ({@code yes}, {@code 010}).
 */
public final class YamlReader {
    private static final int MOST_CHARACTERS = 16 * 1024 * 1024;
    private static final int MOST_VALUES = 200_000;
    private static final int DEEPEST = 100;

    private static final Pattern JSON_NUMBER = Pattern.compile("-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][-+]?[0-9]{1,4})?");
    /** What YAML 1.1, which kubectl reads, takes for a truth value or a number, and YAML 1.2 for a text. */
    private static final Pattern OTHERWISE_IN_YAML_1_1 = Pattern.compile(
            "y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF"
                    + "|[-+]?0b[01_]+|[-+]?0x[0-9a-fA-F_]+|[-+]?[0-9][0-9_]*_[0-9_]*([.][0-9_]*)?|[-+]?[.][0-9_]+([eE][-+][0-9]+)?");

    private final String source;
    private final Map<String, Place> places = new HashMap<>();
    private int values;

    private YamlReader(String source) {
        this.source = requireNonNull(source);
    }

    /**
     * Every document of the text that is not empty.
     *
     * @param source how to name it in sentences
     * @throws UnusableException if the text is not YAML, or not strictly read; the sentence begins with the place
     */
    public static List<YamlDocument> read(String source, String text) throws UnusableException {
        LoadSettings settings = LoadSettings.builder()
                .setLabel(source)
                .setSchema(new CoreSchema())
                .setCodePointLimit(MOST_CHARACTERS)
                .build();
        List<YamlDocument> documents = new ArrayList<>();
        try {
            for (Node node : new Compose(settings).composeAllFromString(text)) {
                YamlReader reader = new YamlReader(source);
                JsonNode root = reader.value(node, "", 0);
                if (!root.isNull()) {
                    documents.add(new YamlDocument(root, reader.place(node), reader.places));
                }
            }
        } catch (MarkedYamlEngineException e) {
            Optional<Mark> mark = e.getProblemMark();
            String where = mark.isPresent()
                    ? source + ":" + (mark.get().getLine() + 1) + ":"
                            + (mark.get().getColumn() + 1)
                    : source;
            throw new UnusableException(where + ": this is not YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            throw new UnusableException(source + ": this is not YAML: " + e.getMessage());
        }
        return documents;
    }

    private Place place(Node node) {
        return node.getStartMark()
                .map(mark -> new Place(source, mark.getLine() + 1, mark.getColumn() + 1))
                .orElse(new Place(source, 1, 1));
    }

    private JsonNode value(Node node, String path, int depth) throws UnusableException {
        places.put(path, place(node));
        if (depth > DEEPEST || ++values > MOST_VALUES) {
            throw at(node, "the document is nested too deeply or too large to be a manifest");
        }
        return switch (node) {
            case MappingNode mapping -> object(mapping, path, depth);
            case SequenceNode sequence -> {
                ArrayNode array = JsonNodeFactory.instance.arrayNode();
                for (Node item : sequence.getValue()) {
                    array.add(value(item, path + "[" + array.size() + "]", depth + 1));
                }
                yield array;
            }
            case ScalarNode scalar -> scalar(scalar);
            default -> throw at(node, "this kind of YAML value is not used in manifests");
        };
    }

    private ObjectNode object(MappingNode mapping, String path, int depth) throws UnusableException {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        for (NodeTuple tuple : mapping.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                throw at(tuple.getKeyNode(), "a key is not a text");
            }
            String name = key.getValue();
            boolean plain = key.getScalarStyle() == ScalarStyle.PLAIN;
            if (plain && !key.getTag().equals(Tag.STR)) {
                throw at(key, "the key " + name + " is not a text; quote it");
            }
            refuseAmbiguous(key);
            if (object.has(name)) {
                throw at(key, "the key '" + name + "' stands twice; remove one of the two");
            }
            object.set(name, value(tuple.getValueNode(), path.isEmpty() ? name : path + "." + name, depth + 1));
        }
        return object;
    }

    private JsonNode scalar(ScalarNode scalar) throws UnusableException {
        String text = scalar.getValue();
        Tag tag = scalar.getTag();
        if (tag.equals(Tag.NULL)) {
            return JsonNodeFactory.instance.nullNode();
        }
        if (tag.equals(Tag.BOOL)) {
            return JsonNodeFactory.instance.booleanNode(
                    text.toLowerCase(java.util.Locale.ROOT).equals("true"));
        }
        if (tag.equals(Tag.INT) || tag.equals(Tag.FLOAT)) {
            if (!JSON_NUMBER.matcher(text).matches()) {
                throw ambiguous(scalar);
            }
            return tag.equals(Tag.INT)
                    ? JsonNodeFactory.instance.numberNode(new BigInteger(text))
                    : JsonNodeFactory.instance.numberNode(new BigDecimal(text));
        }
        if (tag.equals(Tag.STR)) {
            refuseAmbiguous(scalar);
            return JsonNodeFactory.instance.textNode(text);
        }
        throw at(scalar, "the tag " + tag + " is not used in manifests; remove it");
    }

    private void refuseAmbiguous(ScalarNode scalar) throws UnusableException {
        if (scalar.getScalarStyle() == ScalarStyle.PLAIN
                && OTHERWISE_IN_YAML_1_1.matcher(scalar.getValue()).matches()) {
            throw ambiguous(scalar);
        }
    }

    private UnusableException ambiguous(ScalarNode scalar) {
        return at(
                scalar,
                "not every reader of YAML takes " + scalar.getValue()
                        + " for the same; quote it, or write true, false or a plain decimal number");
    }

    private UnusableException at(Node node, String sentence) {
        return new UnusableException(place(node) + ": " + sentence);
    }
}
