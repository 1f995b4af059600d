/**
 * Who a workload is: SPIFFE IDs of agents and servers, and the pod that a certificate is bound to.
 *
 * <p>In: the text of a URI SAN, the bytes of the pod extension. Out: values that have been checked.
 */
@NullMarked
package dev.stockade.model.identity;

import org.jspecify.annotations.NullMarked;
