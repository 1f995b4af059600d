package dev.stockade.e2e.cluster;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The rig of e2e/cluster: real Kubernetes from its own binaries, without a container engine.
 *
 * <p>A rig that RIG_NAME names and that is up is used and left as it is; otherwise one of its own is brought up for this run,
 * and taken down with it, also when the run is interrupted.
 */
final class RigCluster implements TestCluster, Rig {
    private static final int NODES = 2;

    private final Path root;
    private final String name;
    private final Path kubeconfig;
    private final List<Thread> undo = new ArrayList<>();

    private RigCluster(Path root, String name, Path kubeconfig) {
        this.root = root;
        this.name = name;
        this.kubeconfig = kubeconfig;
    }

    static RigCluster start(Map<String, String> environment, Path root) {
        String given = environment.getOrDefault("RIG_NAME", "");
        if (!given.isEmpty() && Files.exists(Path.of("/var/lib/stockade-rigs", given, "admin.kubeconfig"))) {
            return new RigCluster(root, given, Path.of(script(root, given, "kubeconfig")));
        }
        String name = given.isEmpty() ? "e2e-" + ProcessHandle.current().pid() : given;
        script(root, name, "build");
        String printed = script(root, name, "up", Integer.toString(NODES));
        RigCluster rig =
                new RigCluster(root, name, Path.of(printed.lines().toList().getLast()));
        Thread down = new Thread(() -> script(root, name, "down"), "rig-down");
        Runtime.getRuntime().addShutdownHook(down);
        rig.undo.add(down);
        return rig;
    }

    private static String script(Path root, String name, String... arguments) {
        List<String> command =
                new ArrayList<>(List.of(root.resolve("e2e/cluster/cluster.sh").toString()));
        command.addAll(List.of(arguments));
        return Command.run(root, Map.of("RIG_NAME", name), command);
    }

    @Override
    public String description() {
        return "the rig '%s' on this machine, %d nodes".formatted(name, NODES);
    }

    @Override
    public Path kubeconfig() {
        return kubeconfig;
    }

    @Override
    public String provide(String image, Path archive) {
        if (!Files.isReadable(archive)) {
            throw new IllegalStateException(
                    "The image %s is not built: %s is missing. Run 'make test', or './mvnw package -Dimages' first."
                            .formatted(image, archive));
        }
        script(root, name, "load", archive.toString());
        return image;
    }

    @Override
    public boolean enforceNetworkPolicy(boolean enforce) {
        script(root, name, "netpol", enforce ? "on" : "off");
        return true;
    }

    @Override
    public Rig rig() {
        return this;
    }

    private void fault(String... arguments) {
        List<String> command = new ArrayList<>(List.of("fault"));
        command.addAll(List.of(arguments));
        script(root, name, command.toArray(String[]::new));
    }

    @Override
    public void freeze(String component) {
        fault("freeze", component);
    }

    @Override
    public void thaw(String component) {
        fault("thaw", component);
    }

    @Override
    public void restart(String component) {
        fault("kill", component);
        fault("start", component);
    }

    @Override
    public void link(boolean up) {
        fault("link", Integer.toString(WORKER), up ? "up" : "down");
    }

    @Override
    public void lose() {
        fault("lose", Integer.toString(WORKER));
    }

    @Override
    public void giveBack() {
        fault("return", Integer.toString(WORKER));
    }

    @Override
    public void cut(String podAddress) {
        fault("cut", podAddress);
    }

    @Override
    public void mend() {
        fault("mend");
    }

    @Override
    public void load(Path archive) {
        script(root, name, "load", archive.toString());
    }

    @Override
    public String registry() {
        return "";
    }

    @Override
    public boolean outlivesTheTests() {
        return false; // whoever named a rig that was up wants to look at it
    }

    @Override
    public void close() {
        for (Thread down : undo) {
            Runtime.getRuntime().removeShutdownHook(down);
            script(root, name, "down");
        }
        undo.clear();
    }
}
