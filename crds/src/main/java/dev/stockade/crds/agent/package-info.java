/**
 * {@code AgentIdentity}: an agent, which pods are it, and whose servers it is willing to use.
 *
 * <p>In: the resource as the API server stores it. Out: immutable records with every default in place. The schema is
 * generated from the annotations here.
 */
@NullMarked
package dev.stockade.crds.agent;

import org.jspecify.annotations.NullMarked;
