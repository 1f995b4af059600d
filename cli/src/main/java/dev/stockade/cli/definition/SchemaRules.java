package dev.stockade.cli.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Evaluates {@code x-kubernetes-validations} as the API server does for a resource that is created: rules that compare with
 * {@code oldSelf} have nothing to compare with then. Used by one thread.
 *
 * <p>A rule that cannot be evaluated refuses.
 */
public final class SchemaRules {
    /** Words of CEL; a property of such a name is written {@code __name__} in a rule. */
    private static final Set<String> RESERVED = Set.of(
            "true",
            "false",
            "null",
            "in",
            "as",
            "break",
            "const",
            "continue",
            "else",
            "for",
            "function",
            "if",
            "import",
            "let",
            "loop",
            "package",
            "namespace",
            "return",
            "var",
            "void",
            "while");

    private final QuantityFunctions quantities = new QuantityFunctions();
    private final CelCompiler compiler = CelCompilerFactory.standardCelCompilerBuilder()
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .addLibraries(CelExtensions.strings())
            .addFunctionDeclarations(quantities.declarations())
            .addVar("self", SimpleType.DYN)
            .addVar("oldSelf", SimpleType.DYN)
            .setResultType(SimpleType.BOOL)
            .build();
    private final CelRuntime runtime = CelRuntimeFactory.legacyCelRuntimeBuilder()
            .addLibraries(CelExtensions.strings())
            .addFunctionBindings(quantities.bindings())
            .build();
    private final Map<String, CelRuntime.Program> programs = new HashMap<>();

    /** Adds a problem for each rule of the schema that does not hold. */
    void check(JsonNode schema, ObjectNode object, List<Problem> problems) {
        walk(schema, object, "", problems);
    }

    private void walk(JsonNode schema, JsonNode value, String path, List<Problem> problems) {
        for (JsonNode rule : schema.path("x-kubernetes-validations")) {
            String text = rule.path("rule").asText();
            if (!text.contains("oldSelf") && !holds(text, value, schema)) {
                String field = path + rule.path("fieldPath").asText();
                String at = field.startsWith(".") ? field.substring(1) : field;
                String message = rule.path("message").asText("failed rule: " + text);
                problems.add(new Problem(at, (at.isEmpty() ? "" : at + ": ") + message, false));
            }
        }
        if (value instanceof ObjectNode object) {
            object.properties().forEach(entry -> {
                JsonNode inner = schema.path("properties").path(entry.getKey());
                if (inner.isMissingNode()) {
                    inner = schema.path("additionalProperties");
                }
                walk(inner, entry.getValue(), StructuralSchema.under(path, entry.getKey()), problems);
            });
        } else if (value.isArray()) {
            for (int i = 0; i < value.size(); i++) {
                walk(schema.path("items"), value.get(i), path + "[" + i + "]", problems);
            }
        }
    }

    private boolean holds(String rule, JsonNode self, JsonNode schema) {
        try {
            return Boolean.TRUE.equals(compile(rule).eval(Map.of("self", value(self, schema))));
        } catch (CelEvaluationException e) {
            return false;
        }
    }

    /** @throws IllegalStateException if it is not CEL, or uses what this program does not know */
    CelRuntime.Program compile(String rule) {
        CelRuntime.Program program = programs.get(rule);
        if (program == null) {
            try {
                program = runtime.createProgram(compiler.compile(rule).getAst());
            } catch (CelValidationException | CelEvaluationException e) {
                throw new IllegalStateException("the rule '" + rule + "' of a definition cannot be compiled", e);
            }
            programs.put(rule, program);
        }
        return program;
    }

    private static Object number(BigDecimal number, JsonNode schema) {
        boolean whole = number.stripTrailingZeros().scale() <= 0
                && number.toBigInteger().bitLength() < Long.SIZE;
        return whole && !schema.path("type").asText().equals("number")
                ? (Object) number.longValueExact()
                : (Object) number.doubleValue();
    }

    private static Object value(JsonNode node, JsonNode schema) {
        return switch (node.getNodeType()) {
            case STRING -> node.asText();
            case BOOLEAN -> node.asBoolean();
            case NUMBER -> number(node.decimalValue(), schema);
            case ARRAY -> {
                List<Object> list = new ArrayList<>();
                node.forEach(item -> list.add(value(item, schema.path("items"))));
                yield list;
            }
            case OBJECT -> {
                Map<String, Object> map = new LinkedHashMap<>();
                JsonNode properties = schema.path("properties");
                node.properties().forEach(entry -> {
                    boolean property = properties.has(entry.getKey());
                    map.put(
                            property && RESERVED.contains(entry.getKey())
                                    ? "__" + entry.getKey() + "__"
                                    : entry.getKey(),
                            value(
                                    entry.getValue(),
                                    property ? properties.get(entry.getKey()) : schema.path("additionalProperties")));
                });
                yield map;
            }
            default -> com.google.protobuf.NullValue.NULL_VALUE;
        };
    }
}
