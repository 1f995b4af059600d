/**
 * What a run leaves behind: the table of measurements, the audit lines of the sidecars, and for a failed test a folder with
 * what a person needs.
 */
@NullMarked
package dev.stockade.e2e.evidence;

import org.jspecify.annotations.NullMarked;
