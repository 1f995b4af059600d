/**
 * The operator with many sidecars: the real process with its image's flags, a real API server, and sidecars that are real on
 * the control channel and nowhere else.
 *
 * <p>In: a {@link dev.stockade.operator.size.Shape}. Out: what {@code docs/size.md} shows as a table, and what {@link
 * dev.stockade.operator.size.SizeIT} holds at a size that every test run can afford.
 */
@NullMarked
package dev.stockade.operator.size;

import org.jspecify.annotations.NullMarked;
