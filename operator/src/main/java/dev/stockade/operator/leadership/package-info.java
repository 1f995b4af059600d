/**
 * Which replica reconciles: the lease, what happens when it is lost, what wakes the reconcilers, and the
 * events that only one replica may write.
 *
 * <p>In: the reconcilers, and changes of the cluster's view and of acknowledgements. Out: a running JOSDK {@code Operator} on
 * the one replica that holds the lease. Webhooks, certificates and streams are not touched by an election.
 */
@NullMarked
package dev.stockade.operator.leadership;

import org.jspecify.annotations.NullMarked;
