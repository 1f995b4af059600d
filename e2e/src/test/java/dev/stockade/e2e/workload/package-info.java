/**
 * Pods and the programs in them: the agent with the official SDK, and the one that goes around the mesh.
 *
 * <p>Comes in: a command line. Goes out: the facts that the program printed, one JSON object a line.
 */
@NullMarked
package dev.stockade.e2e.workload;

import org.jspecify.annotations.NullMarked;
