/**
 * Whether an installation is sound.
 *
 * <p>In: {@link dev.stockade.cli.doctor.Installation}, what somebody could read of a cluster. Out: a {@link
 * dev.stockade.cli.doctor.Finding} for each check: what is the matter, and what to do. Pure; what could not be read is unknown,
 * never sound.
 */
@NullMarked
package dev.stockade.cli.doctor;

import org.jspecify.annotations.NullMarked;
