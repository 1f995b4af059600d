/**
 * What a container image holds, read from the archive that the build writes: a docker-archive comes in, its files as a container
 * would see them go out, and what is wrong with them in sentences.
 */
@NullMarked
package dev.stockade.e2e.image;

import org.jspecify.annotations.NullMarked;
