package dev.stockade.e2e.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.k3s.K3sContainer;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.MountableFile;

/** k3s in a container, one node. */
final class K3sCluster implements TestCluster {
    private static final DockerImageName IMAGE = DockerImageName.parse("rancher/k3s:v1.33.4-k3s1");

    private final K3sContainer k3s;
    private final Path kubeconfig;

    private K3sCluster(K3sContainer k3s, Path kubeconfig) {
        this.k3s = k3s;
        this.kubeconfig = kubeconfig;
    }

    static boolean dockerAnswers() {
        return DockerClientFactory.instance().isDockerAvailable();
    }

    @SuppressWarnings("resource") // closed with this
    static K3sCluster start() {
        K3sContainer k3s = new K3sContainer(IMAGE);
        k3s.start();
        try {
            Path kubeconfig = Files.createTempFile("stockade-k3s", ".kubeconfig");
            Files.writeString(kubeconfig, k3s.getKubeConfigYaml());
            return new K3sCluster(k3s, kubeconfig);
        } catch (IOException e) {
            k3s.stop();
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String description() {
        return IMAGE + " in a container";
    }

    @Override
    public Path kubeconfig() {
        return kubeconfig;
    }

    @Override
    public String provide(String name, Path archive) {
        String inside = "/tmp/" + archive.getFileName();
        k3s.copyFileToContainer(MountableFile.forHostPath(archive), inside);
        try {
            var result = k3s.execInContainer("ctr", "-n", "k8s.io", "images", "import", inside);
            if (result.getExitCode() != 0) {
                throw new IllegalStateException("k3s does not take the image " + name + ": " + result.getStderr());
            }
            return name;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while importing " + name, e);
        }
    }

    @Override
    public String registry() {
        return "";
    }

    @Override
    public boolean outlivesTheTests() {
        return false;
    }

    @Override
    public void close() {
        k3s.stop();
        try {
            Files.deleteIfExists(kubeconfig);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
