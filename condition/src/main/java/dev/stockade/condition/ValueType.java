package dev.stockade.condition;

import java.util.Optional;

/** What {@code type(x)} gives. */
public enum ValueType {
    BOOL("bool"),
    INT("int"),
    DOUBLE("double"),
    STRING("string"),
    LIST("list"),
    MAP("map"),
    NULL("null_type"),
    TYPE("type");

    private final String word;

    ValueType(String word) {
        this.word = word;
    }

    /** Its name in CEL. */
    public String word() {
        return word;
    }

    /** The type of that name. */
    public static Optional<ValueType> named(String word) {
        for (ValueType type : values()) {
            if (type.word.equals(word)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
