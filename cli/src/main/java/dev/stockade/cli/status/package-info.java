/**
 * The mesh on one screen.
 *
 * <p>In: {@link dev.stockade.cli.status.MeshReading}, what somebody could read of a cluster at one moment. Out: an {@link
 * dev.stockade.cli.status.Overview}, as text of bounded length and as JSON. Pure: grants are those of {@link
 * dev.stockade.policy.Grants}, conditions are the operator's own words.
 */
@NullMarked
package dev.stockade.cli.status;

import org.jspecify.annotations.NullMarked;
