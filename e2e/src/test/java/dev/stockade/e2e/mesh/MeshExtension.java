package dev.stockade.e2e.mesh;

import dev.stockade.e2e.evidence.FailureEvidence;
import io.fabric8.kubernetes.client.KubernetesClient;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Brings the mesh up for the first class that asks, and closes it when the run ends. */
final class MeshExtension implements ParameterResolver {
    private static final Namespace RUN = Namespace.create(Mesh.class);

    /** The mesh, or why it could not be brought up: tried once, told to every class. */
    private static final class Holder implements AutoCloseable {
        private final Object outcome;

        Holder() {
            Object attempted;
            try {
                attempted = Mesh.bringUp();
            } catch (RuntimeException | Error e) {
                attempted = e;
            }
            outcome = attempted;
        }

        Mesh mesh() {
            if (outcome instanceof Mesh mesh) {
                return mesh;
            }
            Throwable failure = (Throwable) outcome;
            throw new IllegalStateException("There is no cluster to test on: " + failure.getMessage(), failure);
        }

        @Override
        public void close() {
            if (outcome instanceof Mesh mesh) {
                mesh.close();
            }
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Mesh.class;
    }

    @Override
    public Mesh resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Mesh mesh = context.getRoot()
                .getStore(RUN)
                .computeIfAbsent(Holder.class, key -> new Holder(), Holder.class)
                .mesh();
        // What is closeable in a store is closed with it, before the mesh that still needs it: so it is wrapped.
        context.getRoot()
                .getStore(Namespace.GLOBAL)
                .put(KubernetesClient.class, new FailureEvidence.Cluster(mesh.client()));
        return mesh;
    }
}
