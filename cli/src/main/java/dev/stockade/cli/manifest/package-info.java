/**
 * Manifests as files: read with the place of every value, judged as the API server would judge them, and given as one set of
 * resources.
 *
 * <p>In: YAML or JSON, in files, folders or on standard input. Out: {@link dev.stockade.cli.manifest.Manifests}, or every
 * reason why there are none.
 */
@NullMarked
package dev.stockade.cli.manifest;

import org.jspecify.annotations.NullMarked;
