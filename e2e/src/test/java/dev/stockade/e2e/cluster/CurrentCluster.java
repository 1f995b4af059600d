package dev.stockade.e2e.cluster;

import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.ImageReference;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.RegistryImage;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.frontend.CredentialRetrieverFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** A cluster that was there before and stays; images go through a registry. */
record CurrentCluster(Path kubeconfig, String registry) implements TestCluster {

    @Override
    public String description() {
        return "the cluster that " + kubeconfig + " names";
    }

    @Override
    public String provide(String name, Path archive) {
        String pushed = registry + "/" + name;
        if (!Files.isReadable(archive)) {
            return pushed; // the build pushes Stockade's own images and leaves no archive
        }
        try {
            ImageReference reference = ImageReference.parse(pushed);
            RegistryImage target = RegistryImage.named(reference)
                    .addCredentialRetriever(CredentialRetrieverFactory.forImage(reference, event -> {})
                            .dockerConfig());
            Jib.from(TarImage.at(archive).named(name)).containerize(Containerizer.to(target));
            return pushed;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while pushing " + pushed, e);
        } catch (Exception e) {
            throw new IllegalStateException(
                    "%s cannot be pushed (%s). STOCKADE_REGISTRY must name a registry that this machine may push to; 'docker login' gives the rights."
                            .formatted(pushed, e.getMessage()),
                    e);
        }
    }

    @Override
    public boolean outlivesTheTests() {
        return true;
    }

    @Override
    public void close() {}
}
