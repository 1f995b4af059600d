/**
 * The commands as picocli sees them: one class each, which reads the command line, calls what is pure, and writes the result
 * as text or as JSON.
 *
 * <p>In: arguments and {@link dev.stockade.cli.Surroundings}. Out: an exit code. Failures are thrown and told by {@link
 * dev.stockade.cli.KubectlStockade}.
 */
@NullMarked
package dev.stockade.cli.command;

import org.jspecify.annotations.NullMarked;
