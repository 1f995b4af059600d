/**
 * What the API server says, kept on every replica: one set of informers, outside the reconcilers, for streams, signing and
 * webhooks.
 *
 * <p>In: lists, events and bookmarks. Out: an immutable {@link dev.stockade.operator.cluster.Picture} with the
 * resourceVersions that it was made at, and when the caches were last known to be current.
 */
@NullMarked
package dev.stockade.operator.cluster;

import org.jspecify.annotations.NullMarked;
