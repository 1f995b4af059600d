package dev.stockade.operator.authority;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.authority.Rotation.Of;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the annotation on MeshTrust asks for. A value that differs from the one handled last is a request. */
sealed interface RotationRequest {
    /** {@code issuer} or {@code root}, and after an @ whatever makes the value another than the last. */
    Pattern FORM = Pattern.compile("(issuer|root)(@[\\x21-\\x7e]{1,100})?");

    /** Nothing new. */
    record None() implements RotationRequest {}

    /** @param value of the annotation */
    record For(Of of, String value) implements RotationRequest {
        public For {
            requireNonNull(of);
            requireNonNull(value);
        }
    }

    /** @param sentence what is wrong with the value, and what to write */
    record Bad(String sentence) implements RotationRequest {
        public Bad {
            requireNonNull(sentence);
        }
    }

    /**
     * Reads the annotation.
     *
     * @param value empty if there is no annotation
     * @param handled the value that was handled last
     */
    static RotationRequest read(String value, String handled) {
        if (value.isEmpty() || value.equals(handled)) {
            return new None();
        }
        Matcher form = FORM.matcher(value);
        if (form.matches()) {
            return new For("root".equals(form.group(1)) ? Of.ROOT : Of.ISSUER, value);
        }
        String shown = value.length() > 60 ? value.substring(0, 60) + "…" : value;
        return new Bad(
                "The annotation " + TrustSettings.ROTATE + " is '" + shown
                        + "' and was ignored; write issuer or root, or either with @ and a word of your own, such as issuer@2027-01-31.");
    }
}
