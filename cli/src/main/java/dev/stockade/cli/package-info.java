/**
 * The kubectl plugin {@code kubectl stockade}.
 *
 * <p>In: a command line, and what is around it ({@link dev.stockade.cli.Surroundings}). Out: text or JSON, and one of {@link
 * dev.stockade.cli.ExitCodes}. A command has its class in {@code command}; what it does is pure and lies in the package that
 * is named after it.
 */
@NullMarked
package dev.stockade.cli;

import org.jspecify.annotations.NullMarked;
