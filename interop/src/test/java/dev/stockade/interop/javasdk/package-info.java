/** Programs on the Java SDK, which run in processes of their own: a client that tries the fixture, and a server. */
@NullMarked
package dev.stockade.interop.javasdk;

import org.jspecify.annotations.NullMarked;
