package dev.stockade.model.json;

/** The value {@code null} of JSON, since null is never a value here. */
public enum JsonNull {
    NULL
}
