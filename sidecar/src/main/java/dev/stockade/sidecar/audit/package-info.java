/**
 * Where the audit lines go: one writer, a bounded queue, JSON lines on standard output.
 *
 * <p>In: {@link dev.stockade.model.audit.AuditEvent} values from any thread, never blocking it. Out: lines in the order in
 * which they were taken, each chained to the one before, and to whoever asked the word that a line is out, or is not.
 */
@NullMarked
package dev.stockade.sidecar.audit;

import org.jspecify.annotations.NullMarked;
