package dev.stockade.e2e.mesh;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.UpgradeCommand;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** The chart, installed as a user installs it. */
public final class Chart {
    public static final String RELEASE = "stockade";
    public static final String NAMESPACE = "stockade-system";
    private static final int TIMEOUT_SECONDS = 180;

    private final Path folder;
    private final Path kubeconfig;
    private final String registry;
    private final String tag;

    Chart(Path folder, Path kubeconfig, String registry, String tag) {
        this.folder = folder;
        this.kubeconfig = kubeconfig;
        this.registry = registry;
        this.tag = tag;
    }

    /** What stands before the names of the images; empty where nodes hold them. */
    public String registry() {
        return registry;
    }

    /** Installs it and waits until the operator is ready. @return how long that took */
    public Duration install() {
        long began = System.nanoTime();
        release().waitReady().withTimeout(TIMEOUT_SECONDS).call();
        return Duration.ofNanos(System.nanoTime() - began);
    }

    /** The tag of the images that it installs. */
    public String tag() {
        return tag;
    }

    /** Changes one value of what is installed, and does not wait for what comes of it. */
    public void upgrade(String value, String to) {
        release().set(value, to).call();
    }

    /** The same with several values. */
    public void upgrade(Map<String, String> values) {
        UpgradeCommand release = release();
        values.forEach(release::set);
        release.call();
    }

    private UpgradeCommand release() {
        return new Helm(folder)
                .upgrade()
                .install()
                .withName(RELEASE)
                .withNamespace(NAMESPACE)
                .createNamespace()
                .withKubeConfig(kubeconfig)
                .set("image.registry", registry)
                .set("image.tag", tag);
    }

    public void uninstall() {
        Helm.uninstall(RELEASE)
                .withNamespace(NAMESPACE)
                .withKubeConfig(kubeconfig)
                .call();
    }
}
