/**
 * Real MCP software runs twice, directly and through two sidecars on loopback, and has to see the same. In come programs as their
 * registries have them, pinned by lock files below {@code src/test/programs}; out comes a table.
 */
@NullMarked
package dev.stockade.interop;

import org.jspecify.annotations.NullMarked;
