/**
 * What the generated schemas need beyond the generator's annotations. Used when the YAML is generated and by nobody at run
 * time.
 *
 * <p>In: a generated schema and a patch. Out: the patched schema.
 */
@NullMarked
package dev.stockade.crds.schema;

import org.jspecify.annotations.NullMarked;
