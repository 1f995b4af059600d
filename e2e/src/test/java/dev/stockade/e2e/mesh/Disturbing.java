package dev.stockade.e2e.mesh;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * As {@link OnMesh}, of scenarios that all others would feel: they stop, cut off, replace or remove the operator, or break the
 * cluster below it. The whole run gives them a cluster of their own, beside that of the others ({@code e2e/setup/task}).
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@OnMesh
@Tag("disturbing")
public @interface Disturbing {}
