package dev.stockade.model.mcp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Makes bodies from a seed: honest ones in every spelling that JSON allows, and hostile ones, in which any place may hold what
 * some parser reads otherwise than another, or bytes are broken.
 */
final class HostileBodies {
    private static final String[] METHODS = {
        "tools/call", "tools/call", "tools/call", "resources/read", "prompts/get", "completion/complete", "tools/list",
        "subscriptions/listen", "notifications/progress", "notifications/initialized", "ping", "tasks/get", "nonsense",
                "é"
    };
    private static final String[] KEYS = {
        "name",
        "uri",
        "arguments",
        "method",
        "params",
        "id",
        "ref",
        "task",
        "_meta",
        "result",
        "x",
        "",
        "é",
        "e\u0301",
        "\ud83d\ude00",
        "k",
        "constructor",
        "toString",
        "a.b",
        "a\"b",
        "a\\b",
        "a/b",
        "\u2028",
        "kK"
    };
    private static final String[] TEXTS = {
        "echo", "", "tools/call", "repo://acme/a b", "file:///etc/passwd", "é", "\ud83d\ude00", "\u2028", "\u0000",
        "\"}", "\\", "\u007f\u0080", "\ufeff", "__proto__", "null", "1", "\uffff", "<script>&"
    };
    private static final String[] NUMBERS = {
        "0",
        "1",
        "-1",
        "2.5",
        "1e5",
        "1E+2",
        "1e-2",
        "-0",
        "-0.0",
        "0e0",
        "9007199254740992",
        "9007199254740993",
        "-9007199254740993",
        "123456789012345678901234567890",
        "18446744073709551616",
        "0.1",
        "0.30000000000000004",
        "1e-400",
        "5e-324",
        "2.2250738585072011e-308",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "4.35",
        "123456789.123456789e-7",
        "1e23",
        "8.5e22",
        "100000000000000000000000000000000000000000.5"
    };
    private static final String[] HOSTILE_VALUES = {
        "1e400",
        "-1e309",
        "1.7976931348623159e308",
        "NaN",
        "Infinity",
        "-Infinity",
        "01",
        "-01",
        "+1",
        ".5",
        "1.",
        "0x10",
        "1_000",
        "-",
        "--1",
        "1e",
        "1e+",
        "\uff11",
        "True",
        "nul",
        "undefined",
        "'a'",
        "`a`",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\\ud83d\\u0041\"",
        "\"\\x41\"",
        "\"\\u00g0\"",
        "\"\\u 041\"",
        "\"\\'\"",
        "\"a\nb\"",
        "\"a\tb\"",
        "\"\u0001\"",
        "\"",
        "{,}",
        "[,]",
        "[1,]",
        "{\"a\":1,}",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "[1 2]",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1,\"a\":2}",
        "[{\"a\":1,\"\\u0061\":2}]",
        "{\"\\u0000\":1}",
        "{\"\\ud800\":1}",
        "{\"__proto__\":{\"name\":\"evil\"}}",
        "// c\n1",
        "/**/1",
        "1/**/",
        "#1"
    };
    private static final String[] SPACES = {"", "", "", "", " ", "\n", "\r\n", "\t", "  "};
    private static final String[] HOSTILE_SPACES = {
        "\u00a0", "\u000b", "\f", "\u2028", "\ufeff", "/**/", "//\n", "\u0000", "\b"
    };
    /** Bytes that are not UTF-8, in ISO 8859-1: cut, overlong, a raw surrogate (pair), beyond Unicode, never in UTF-8. */
    private static final String[] NOT_UTF_8 = {
        "\u00c3",
        "\u00c0\u00ae",
        "\u00c1\u00a1",
        "\u00e0\u0080\u00ae",
        "\u00f0\u0080\u0080\u00ae",
        "\u00ed\u00a0\u0080",
        "\u00ed\u00a0\u00bd\u00ed\u00b8\u0080",
        "\u00f4\u0090\u0080\u0080",
        "\u00f8\u0088\u0080\u0080\u0080",
        "\u0080",
        "\u00ff",
        "\u00fe",
        "\u00e2\u0082"
    };

    private final Random random;
    private boolean hostile;

    HostileBodies(long seed) {
        random = new Random(seed);
    }

    /** The next body; two of five have something hostile about them, or may have. */
    byte[] next() {
        hostile = random.nextInt(5) < 2;
        String text = space() + envelope() + space();
        if (!hostile || random.nextInt(2) == 0) {
            return text.getBytes(UTF_8);
        }
        return broken(text);
    }

    private boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    private boolean evil(int n) {
        return hostile && oneIn(n);
    }

    private String any(String[] texts) {
        return texts[random.nextInt(texts.length)];
    }

    private String space() {
        return evil(150) ? any(HOSTILE_SPACES) : any(SPACES);
    }

    private String envelope() {
        String method = any(METHODS);
        List<String> members = new ArrayList<>();
        members.add(member("jsonrpc", oneIn(30) ? value(1) : spelled("2.0")));
        if (!method.startsWith("notifications/") != evil(6)) {
            members.add(member("id", id()));
        }
        if (!oneIn(20)) {
            members.add(member("method", evil(20) ? value(1) : spelled(method)));
            if (!oneIn(30)) {
                members.add(member("params", evil(20) ? value(2) : params(method)));
            }
        } else {
            members.add(member(oneIn(2) ? "result" : "error", oneIn(5) ? value(2) : object(2)));
        }
        if (evil(6)) {
            members.add(member(oneIn(2) ? any(new String[] {"method", "params", "id"}) : any(KEYS), value(3)));
        }
        return object(members);
    }

    private String id() {
        return switch (random.nextInt(8)) {
            case 0 -> spelled(any(TEXTS));
            case 1 -> oneIn(2) ? any(NUMBERS) : "null";
            case 2 -> Long.toString(random.nextLong() >> random.nextInt(64));
            default -> Integer.toString(random.nextInt(1000));
        };
    }

    private String params(String method) {
        List<String> members = new ArrayList<>();
        if (method.equals("completion/complete")) {
            boolean prompt = oneIn(2);
            members.add(member(
                    "ref",
                    object(new ArrayList<>(List.of(
                            member("type", spelled(prompt ? "ref/prompt" : "ref/resource")),
                            member(prompt ? "name" : "uri", name()))))));
        } else if (method.equals("subscriptions/listen")) {
            members.add(member(
                    "notifications",
                    object(new ArrayList<>(List.of(
                            member("resourceSubscriptions", "[" + space() + name() + space() + "," + name() + "]"))))));
        } else {
            members.add(member(method.startsWith("resources/") ? "uri" : "name", name()));
        }
        if (oneIn(2)) {
            members.add(member("arguments", oneIn(10) ? value(3) : object(3)));
        }
        if (oneIn(4)) {
            members.add(member(
                    "_meta",
                    object(new ArrayList<>(List.of(member(
                            "io.modelcontextprotocol/protocolVersion",
                            oneIn(10) ? value(4) : spelled("2026-07-28")))))));
        }
        if (oneIn(20)) {
            members.add(member("task", value(3)));
        }
        if (evil(4)) {
            members.add(member(any(KEYS), value(3)));
        }
        if (evil(12)) {
            members.add(
                    member("__proto__", "{\"task\":{},\"arguments\":{\"a\":1},\"name\":\"evil\",\"uri\":\"evil:\"}"));
        }
        return object(members);
    }

    private String name() {
        return evil(10) ? value(4) : spelled(oneIn(2) ? "echo" : any(TEXTS));
    }

    private String member(String key, String value) {
        return (evil(25) ? hostileKey(key) : spelled(key)) + space() + ":" + space() + value;
    }

    private String object(List<String> members) {
        if (oneIn(3)) {
            Collections.shuffle(members, random);
        }
        if (evil(12) && !members.isEmpty()) {
            String again = members.get(random.nextInt(members.size()));
            members.add(oneIn(2) ? again : member(any(KEYS), value(5)));
        }
        return "{" + space() + String.join(space() + "," + space(), members) + space() + (evil(80) ? "," : "") + "}";
    }

    private String object(int depth) {
        List<String> members = new ArrayList<>();
        List<String> keys = new ArrayList<>(Arrays.asList(KEYS));
        Collections.shuffle(keys, random);
        for (int i = random.nextInt(4); i > 0; i--) {
            members.add(member(keys.get(i), value(depth + 1)));
        }
        return object(members);
    }

    private String value(int depth) {
        if (evil(8)) {
            return any(HOSTILE_VALUES);
        }
        return switch (random.nextInt(depth > 6 ? 6 : 8)) {
            case 0 -> any(NUMBERS);
            case 1 -> Double.toString(Double.longBitsToDouble(random.nextLong() & 0xbfffffffffffffffL));
            case 2 -> any(new String[] {"true", "false", "null"});
            case 3 -> evil(20) ? "9".repeat(290 + random.nextInt(130)) : Long.toString(random.nextLong());
            case 4, 5 -> spelled(any(TEXTS) + (oneIn(10) ? any(TEXTS).repeat(random.nextInt(50)) : any(TEXTS)));
            case 6 -> object(depth);
            default -> {
                List<String> items = new ArrayList<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    items.add(value(depth + 1));
                }
                yield "[" + space() + String.join(space() + "," + space(), items) + "]";
            }
        };
    }

    /** A string literal that means the text, with escapes where they must be and anywhere else. */
    private String spelled(String text) {
        StringBuilder literal = new StringBuilder("\"");
        boolean plain = oneIn(2);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean pair = Character.isHighSurrogate(c);
            if (c < 0x20 || c == '"' || c == '\\' || (!plain && oneIn(6))) {
                literal.append(escaped(c));
                if (pair) {
                    literal.append(escaped(text.charAt(++i)));
                }
            } else {
                literal.append(c);
                if (pair) {
                    literal.append(text.charAt(++i));
                }
            }
        }
        return literal.append('"').toString();
    }

    private String escaped(char c) {
        if ((c == '/' || c == '"' || c == '\\') && oneIn(2)) {
            return "\\" + c;
        }
        String hex = String.format(Locale.ROOT, "%04x", (int) c);
        return "\\u" + (oneIn(2) ? hex : hex.toUpperCase(Locale.ROOT));
    }

    /** A key that some parser takes for that one, or for another. */
    private String hostileKey(String key) {
        return switch (random.nextInt(11)) {
            case 0 -> spelled(key.toUpperCase(Locale.ROOT));
            case 1 -> spelled(key.isEmpty() ? "X" : key.substring(0, 1).toUpperCase(Locale.ROOT) + key.substring(1));
            case 2 -> spelled(key.replace('s', '\u017f').replace('k', '\u212a'));
            case 3 -> spelled(key.replace('i', '\u0130'));
            case 4 -> spelled(key + "\u0000");
            case 5 -> "\"" + key + "\\ud800\"";
            case 6 -> spelled(key + "\u200b");
            case 7 -> spelled("__proto__");
            case 8 -> spelled("params");
            case 9 -> "'" + key + "'";
            default -> key;
        };
    }

    private byte[] broken(String text) {
        return switch (random.nextInt(14)) {
            case 0 -> ("\ufeff" + text).getBytes(UTF_8);
            case 1 -> wide(text, UTF_16LE);
            case 2 -> wide(text, UTF_16BE);
            case 3 -> wide(text, Charset.forName("UTF-32LE"));
            case 4 -> ("[" + text + (oneIn(2) ? "," + text : "") + "]").getBytes(UTF_8);
            case 5 -> (text + any(new String[] {"", "\n", "\u0000", "]", "}", ","}) + envelope()).getBytes(UTF_8);
            case 6 -> (any(new String[] {"[", "{\"a\":"}).repeat(60 + random.nextInt(60)) + text).getBytes(UTF_8);
            case 7 ->
                text.replaceFirst("\"(?=[,}])", "\",\"deep\":" + "[".repeat(66) + "]".repeat(66))
                        .getBytes(UTF_8);
            case 8 -> Arrays.copyOf(text.getBytes(UTF_8), random.nextInt(text.length()));
            case 9, 10 -> spliced(text.getBytes(UTF_8), any(NOT_UTF_8).getBytes(ISO_8859_1));
            case 11 -> {
                byte[] bytes = text.getBytes(UTF_8);
                int from = random.nextInt(bytes.length);
                yield spliced(
                        bytes, Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + 1 + random.nextInt(20))));
            }
            default -> {
                byte[] bytes = text.getBytes(UTF_8);
                for (int i = 1 + random.nextInt(3); i > 0; i--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
                yield bytes;
            }
        };
    }

    private byte[] wide(String text, Charset charset) {
        return (oneIn(2) ? text : "\ufeff" + text).getBytes(charset);
    }

    private byte[] spliced(byte[] bytes, byte[] more) {
        int at = random.nextInt(bytes.length + 1);
        byte[] longer = Arrays.copyOf(bytes, bytes.length + more.length);
        System.arraycopy(more, 0, longer, at, more.length);
        System.arraycopy(bytes, at, longer, at + more.length, bytes.length - at);
        return longer;
    }
}
