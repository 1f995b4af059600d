/**
 * JSON as bytes: a strict scanner that keeps the original bytes, and a writer of JSON text.
 *
 * <p>In: a whole document as a {@link java.nio.ByteBuffer}. Out: the byte ranges of the members that the caller named, or
 * the one sentence that says why the document is refused. No document tree is built.
 */
@NullMarked
package dev.stockade.model.json;

import org.jspecify.annotations.NullMarked;
