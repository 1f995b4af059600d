/**
 * What the injecting webhook wrote into this container's environment.
 *
 * <p>In: environment variables. Out: one checked value, or one sentence that names the variable and what was wrong.
 */
@NullMarked
package dev.stockade.sidecar.environment;

import org.jspecify.annotations.NullMarked;
