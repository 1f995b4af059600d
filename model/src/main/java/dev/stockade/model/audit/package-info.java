/**
 * The audit event: what is recorded of every attempt, and the chain of lines that shows a cut.
 *
 * <p>In: {@link dev.stockade.model.audit.AuditEvent} values, and {@link dev.stockade.model.audit.SigningEvent} values of the
 * operator. Out: lines of JSON, each with the digest of the one before. And back: in, the lines of a stream; out, a {@link
 * dev.stockade.model.audit.ChainReport} with the faults of its chains. No clock, no
 * randomness and no stream of its own.
 */
@NullMarked
package dev.stockade.model.audit;

import org.jspecify.annotations.NullMarked;
