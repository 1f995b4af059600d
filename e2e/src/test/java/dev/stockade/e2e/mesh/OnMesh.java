package dev.stockade.e2e.mesh;

import dev.stockade.e2e.evidence.FailureEvidence;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** A class of scenarios on the cluster that all classes of this JVM share; its constructor takes the {@link Mesh}. */
@Target({ElementType.TYPE, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith({MeshExtension.class, FailureEvidence.class})
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public @interface OnMesh {}
