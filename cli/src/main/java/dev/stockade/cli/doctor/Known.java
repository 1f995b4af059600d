package dev.stockade.cli.doctor;

import static java.util.Objects.requireNonNull;

import java.util.function.BiFunction;
import java.util.function.Function;

/** Something that was read, or why it could not be. */
public sealed interface Known<T> {
    /** It was read. */
    record Is<T>(T value) implements Known<T> {
        public Is {
            requireNonNull(value);
        }
    }

    /**
     * It could not be read.
     *
     * @param why a sentence with the right that is missing, or what went wrong
     */
    record Not<T>(String why) implements Known<T> {
        public Not {
            requireNonNull(why);
        }
    }

    /** What the check says of the value; unknown where there is none. */
    default Finding check(String name, Function<T, Finding> of) {
        return switch (this) {
            case Is<T>(T value) -> of.apply(value);
            case Not<T>(String why) -> Finding.unknown(name, why);
        };
    }

    /** What is made of both; why not, where one could not be read. */
    default <U, R> Known<R> and(Known<U> other, BiFunction<T, U, R> both) {
        return switch (this) {
            case Is<T>(T value) ->
                switch (other) {
                    case Is<U>(U more) -> new Is<>(both.apply(value, more));
                    case Not<U>(String why) -> new Not<>(why);
                };
            case Not<T>(String why) -> new Not<>(why);
        };
    }

    /** The value, or another one where a check can do with less. */
    default T or(T other) {
        return this instanceof Is<T>(T value) ? value : other;
    }
}
