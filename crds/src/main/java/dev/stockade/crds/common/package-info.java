/**
 * What several of the custom resources share: selectors, conditions, sizes and durations.
 *
 * <p>In: the texts and objects of a manifest. Out: immutable values with every default in place.
 */
@NullMarked
package dev.stockade.crds.common;

import org.jspecify.annotations.NullMarked;
