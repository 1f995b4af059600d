/**
 * What the API server would say of a manifest, without one: the schema of its definition, its defaults, and its rules in CEL.
 *
 * <p>In: a manifest as JSON and the definitions of {@link dev.stockade.crds.Definitions}. Out: the manifest with every
 * default, or {@link dev.stockade.cli.definition.Problem}s in the API server's own words. Pure.
 */
@NullMarked
package dev.stockade.cli.definition;

import org.jspecify.annotations.NullMarked;
