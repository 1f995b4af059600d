/**
 * Health and metrics on port 8080.
 *
 * <p>In: questions of the kubelet and of Prometheus. Out: what the parts say of themselves; nothing can be changed here.
 */
@NullMarked
package dev.stockade.operator.health;

import org.jspecify.annotations.NullMarked;
