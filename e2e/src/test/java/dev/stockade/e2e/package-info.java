/**
 * What users were promised, tried on a real cluster: each class is one promise, each test one way of seeing it kept.
 *
 * <p>Comes in: a cluster, the images, the chart. Goes out: verdicts, a table of measurements, and for a failure a folder of
 * evidence. Only what users can reach is used: manifests, the API server, the programs in the pods.
 */
@NullMarked
package dev.stockade.e2e;

import org.jspecify.annotations.NullMarked;
