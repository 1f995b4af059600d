/**
 * Benchmarks. In: nothing but the model and its peers. Out: a table ({@link dev.stockade.bench.Table}) of nanoseconds and bytes
 * allocated for each operation, and the ratio to a peer that is measured in the same run.
 */
@NullMarked
package dev.stockade.bench;

import org.jspecify.annotations.NullMarked;
