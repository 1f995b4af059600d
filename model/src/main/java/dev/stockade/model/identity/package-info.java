/**
 * Who a workload is: SPIFFE IDs of agents and servers, and the pod that a certificate is bound to.
 *
 * <p>In: a certificate, the text of its URI SAN, the bytes of its pod extension. Out: values that have been checked for their
 * form. Whether a certificate is to be believed is decided elsewhere.
 */
@NullMarked
package dev.stockade.model.identity;

import org.jspecify.annotations.NullMarked;
