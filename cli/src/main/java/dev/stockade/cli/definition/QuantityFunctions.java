package dev.stockade.cli.definition;

import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelFunctionOverload;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Kubernetes' CEL library for quantities: {@code isQuantity}, {@code quantity}, {@code compareTo}, {@code isLessThan}, {@code
 * isGreaterThan}, {@code isInteger}, {@code asInteger}, {@code asApproximateFloat}, {@code sign}. A quantity is carried as
 * its text.
 */
final class QuantityFunctions {
    /** resource.Quantity: a signed number, and a suffix of either system or an exponent. */
    private static final Pattern QUANTITY =
            Pattern.compile("[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?");

    private final List<CelFunctionDecl> declarations = new ArrayList<>();
    private final List<CelFunctionBinding> bindings = new ArrayList<>();

    QuantityFunctions() {
        global("isQuantity", SimpleType.BOOL, QuantityFunctions::isQuantity);
        global("quantity", SimpleType.STRING, QuantityFunctions::checked);
        member("isInteger", SimpleType.BOOL, q -> isInteger(number(q)));
        member("asInteger", SimpleType.INT, q -> number(q).longValueExact());
        member("asApproximateFloat", SimpleType.DOUBLE, q -> number(q).doubleValue());
        member("sign", SimpleType.INT, q -> (long) number(q).signum());
        member("compareTo", SimpleType.INT, (a, b) -> (long) number(a).compareTo(number(b)));
        member("isLessThan", SimpleType.BOOL, (a, b) -> number(a).compareTo(number(b)) < 0);
        member("isGreaterThan", SimpleType.BOOL, (a, b) -> number(a).compareTo(number(b)) > 0);
    }

    List<CelFunctionDecl> declarations() {
        return List.copyOf(declarations);
    }

    List<CelFunctionBinding> bindings() {
        return List.copyOf(bindings);
    }

    private void global(String name, CelType result, CelFunctionOverload.Unary<String> function) {
        declarations.add(CelFunctionDecl.newFunctionDeclaration(
                name, CelOverloadDecl.newGlobalOverload("k8s_" + name, result, SimpleType.STRING)));
        bindings.add(CelFunctionBinding.from("k8s_" + name, String.class, function));
    }

    private void member(String name, CelType result, CelFunctionOverload.Unary<String> function) {
        declarations.add(CelFunctionDecl.newFunctionDeclaration(
                name, CelOverloadDecl.newMemberOverload("k8s_" + name, result, SimpleType.STRING)));
        bindings.add(CelFunctionBinding.from("k8s_" + name, String.class, function));
    }

    private void member(String name, CelType result, CelFunctionOverload.Binary<String, String> function) {
        declarations.add(CelFunctionDecl.newFunctionDeclaration(
                name, CelOverloadDecl.newMemberOverload("k8s_" + name, result, SimpleType.STRING, SimpleType.STRING)));
        bindings.add(CelFunctionBinding.from("k8s_" + name, String.class, String.class, function));
    }

    private static boolean isQuantity(String text) {
        return text.length() <= 64 && QUANTITY.matcher(text).matches();
    }

    private static boolean isInteger(BigDecimal number) {
        return number.stripTrailingZeros().scale() <= 0 && number.toBigInteger().bitLength() < Long.SIZE;
    }

    private static String checked(String text) {
        if (!isQuantity(text)) {
            throw new IllegalArgumentException("'" + text + "' is not a quantity");
        }
        return text;
    }

    private static BigDecimal number(String text) {
        return new Quantity(checked(text)).getNumericalAmount();
    }
}
