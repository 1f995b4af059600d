/**
 * What the sidecar says about itself: one line of JSON an event, on standard error, apart from the audit log on standard
 * output.
 *
 * <p>In: an event's sentence with keys and values. Out: lines. Never a secret, never a body, no stack trace.
 */
@NullMarked
package dev.stockade.sidecar.log;

import org.jspecify.annotations.NullMarked;
