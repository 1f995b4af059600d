package dev.stockade.operator.size;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Runs the simulation at several sizes and prints the table of {@code docs/size.md}: {@code make size}. No part of the tests, which
 * assert no time; {@link SizeIT} is.
 */
class SizeTable {
    private static final int PROCESSES = 2;

    @Test
    void printIt() throws Exception {
        print(List.of(System.getProperty("sizes", "200,600,2000").split(",", -1)), Integer.getInteger("edits", 50));
    }

    /** @param sizes in sidecars; each a multiple of 200 */
    private static void print(List<String> sizes, int edits) throws Exception {
        Map<String, List<String>> rows = new LinkedHashMap<>();
        for (String size : sizes) {
            System.out.println("==> " + size + " sidecars");
            Path folder = Files.createTempDirectory("stockade-size");
            System.out.println("    what the processes say is in " + folder);
            try (Simulation simulation = new Simulation(new Shape(Integer.parseInt(size)), folder, PROCESSES)) {
                new Run(simulation, edits)
                        .all()
                        .forEach((what, figure) -> rows.computeIfAbsent(what, w -> new ArrayList<>())
                                .add(figure));
            }
        }
        System.out.println();
        System.out.println("| sidecars | " + String.join(" | ", sizes) + " |");
        System.out.println("|---|" + "---:|".repeat(sizes.size()));
        rows.forEach((what, figures) -> System.out.println("| " + what + " | " + String.join(" | ", figures) + " |"));
    }

    /** As the test, without a test runner. */
    public static void main(String[] sizes) throws Exception {
        print(List.of(sizes), Integer.getInteger("edits", 50));
        System.exit(0);
    }

    /** One size, step by step. */
    private static final class Run {
        private final Simulation simulation;
        private final int edits;
        private final Map<String, String> figures = new LinkedHashMap<>();

        Run(Simulation simulation, int edits) {
            this.simulation = simulation;
            this.edits = edits;
        }

        Map<String, String> all() throws Exception {
            Shape shape = simulation.shape();
            figure("servers, agents, policies", shape.servers() + ", " + shape.agents() + ", " + shape.policies());
            begin();
            edits();
            suspensions();
            churn();
            idle();
            memory();
            restart();
            return figures;
        }

        private void figure(String what, String value) {
            System.out.printf(
                    Locale.ROOT,
                    "    %6.1f s  %s: %s%n",
                    simulation.sinceBegin().toMillis() / 1000.0,
                    what,
                    value);
            figures.put(what, value);
        }

        private void begin() throws Exception {
            var pods = new ArrayList<io.fabric8.kubernetes.api.model.Pod>();
            var populated = simulation.took(() -> pods.addAll(simulation.populate()));
            figure("all resources and pods created", seconds(populated.time()) + ", operator " + cpu(populated.cpu()));
            simulation.audit().since();
            var connected = simulation.took(() -> {
                simulation.connect(pods);
                return true;
            });
            figure(
                    "every sidecar certified and told",
                    seconds(connected.time()) + ", operator " + cpu(connected.cpu()));
            var ready = simulation.took(() -> {
                simulation.awaitReady();
                return true;
            });
            figure("then until every status says so", seconds(ready.time()) + ", operator " + cpu(ready.cpu()));
            settle();
            System.out.println("              asked of the API server meanwhile: "
                    + simulation.audit().since().counted());
            System.out.println(
                    "              refused meanwhile: " + simulation.fleet().refusals());
        }

        /** What goes on by itself comes to its end. */
        private static void settle() throws InterruptedException {
            Thread.sleep(20_000);
        }

        private void edits() throws Exception {
            edits("one policy of few", i -> 1 + i * 7 % (simulation.shape().policies() - 1));
            edits("the policy of a tenth", i -> 0);
            List<Simulation.Edit> all = new ArrayList<>();
            var took = simulation.took(() -> {
                for (int i = 0; i < edits; i++) {
                    all.add(simulation.editTrust("incident " + i));
                }
                return true;
            });
            figure(
                    "the kill switch (all): sidecars concerned",
                    "" + simulation.shape().sidecars());
            figure(
                    "the kill switch (all): last acknowledgement, median / p99",
                    both(all, Simulation.Edit::acknowledged));
            figure("the kill switch (all): operator's CPU per 1,000 edits", cpu(took.cpu() * 1000 / edits));
            settle();
        }

        private void edits(String kind, Function<Integer, Integer> policy) throws Exception {
            List<Simulation.Edit> all = new ArrayList<>();
            simulation.audit().since();
            int others = 0;
            var took = simulation.took(() -> {
                for (int i = 0; i < edits; i++) {
                    all.add(simulation.edit(policy.apply(i), "tool_" + i));
                }
                return true;
            });
            for (Simulation.Edit edit : all) {
                others += edit.others().size();
            }
            double concerned =
                    all.stream().mapToInt(e -> e.concerned().size()).average().orElse(0);
            figure(kind + ": sidecars concerned, others that got a snapshot", number(concerned) + ", " + others);
            figure(kind + ": last acknowledgement, median / p99", both(all, Simulation.Edit::acknowledged));
            figure(kind + ": status says so, median / p99", both(all, Simulation.Edit::said));
            figure(kind + ": operator's CPU per 1,000 edits", cpu(took.cpu() * 1000 / edits));
            Audit.Requests requests = simulation.audit().since();
            figure(
                    kind + ": API writes and reads per edit",
                    number(requests.writes() / (double) edits) + " and " + number(requests.reads() / (double) edits));
            System.out.println("              in " + seconds(took.time()) + ": " + requests.counted());
        }

        private void suspensions() {
            List<Simulation.Edit> all = new ArrayList<>();
            for (int i = 0; i < edits / 2; i++) {
                int agent = 1 + i * 3 % (simulation.shape().agents() - 1);
                all.add(simulation.suspend(agent, true));
                all.add(simulation.suspend(agent, false));
            }
            figure("an agent suspended: last sidecar has cut, median / p99", both(all, Simulation.Edit::acknowledged));
        }

        private void churn() throws Exception {
            Shape.Workload pod = new Shape.Workload(
                    simulation.shape().sidecars(), true, 1, simulation.shape().serverNamespace(1), "server-1-more");
            simulation.fleet().expect(new World.Edited("none", 0));
            simulation.world().createPod(pod);
            Thread.sleep(3_000);
            int created = simulation.fleet().others().size();
            simulation.fleet().expect(new World.Edited("none", 0));
            simulation.world().deletePod(pod);
            Thread.sleep(3_000);
            figure(
                    "a server's pod created, deleted: sidecars told",
                    created + ", " + simulation.fleet().others().size());
        }

        private void idle() throws Exception {
            settle();
            simulation.audit().since();
            var idle = simulation.took(() -> {
                Thread.sleep(60_000);
                return true;
            });
            Audit.Requests requests = simulation.audit().since();
            figure("idle: API writes and reads a minute", requests.writes() + " and " + requests.reads());
            figure("idle: operator's CPU a minute (probes included)", cpu(idle.cpu()));
            System.out.println("              " + requests.counted());
        }

        private void memory() throws Exception {
            figure(
                    "operator's heap after a collection",
                    mebibytes(simulation.operator().heap()));
            OperatorProcess.Resident resident = simulation.operator().resident();
            figure(
                    "operator's resident memory, highest so far",
                    mebibytes(resident.now()) + ", " + mebibytes(resident.highest()));
            figure("operator's threads", "" + simulation.operator().threads());
        }

        private void restart() throws Exception {
            simulation.audit().since();
            long from = System.nanoTime();
            simulation.operator().restart();
            simulation.operator().awaitServing();
            Duration serves = Duration.ofNanos(System.nanoTime() - from);
            // All are lost at once, and come back by themselves.
            simulation.fleet().awaitLost(simulation.shape().sidecars());
            simulation.fleet().awaitCurrent(simulation.shape().sidecars());
            Duration back = Duration.ofNanos(System.nanoTime() - from);
            figure("killed and started again: serves / every sidecar is back", seconds(serves) + " / " + seconds(back));
            figure(
                    "killed and started again: operator's CPU",
                    cpu(simulation.operator().cpu()));
            settle();
            settle();
            Audit.Requests requests = simulation.audit().since();
            figure("killed and started again: API writes and reads", requests.writes() + " and " + requests.reads());
            System.out.println("              " + requests.counted());
            System.out.println(
                    "              refused meanwhile: " + simulation.fleet().refusals());
            simulation.awaitReady();
            OperatorProcess.Resident resident = simulation.operator().resident();
            figure(
                    "resident memory after that, highest",
                    mebibytes(resident.now()) + ", " + mebibytes(resident.highest()));
        }

        private static String both(List<Simulation.Edit> all, Function<Simulation.Edit, Duration> of) {
            List<Duration> times = all.stream().map(of).toList();
            return millis(Simulation.percentile(times, 50)) + " / " + millis(Simulation.percentile(times, 99));
        }

        private static String millis(Duration time) {
            return time.toMillis() + " ms";
        }

        private static String seconds(Duration time) {
            return String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1000.0);
        }

        private static String cpu(double seconds) {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }

        private static String number(double value) {
            return String.format(Locale.ROOT, "%.1f", value);
        }

        private static String mebibytes(long bytes) {
            return (bytes >> 20) + " MiB";
        }
    }
}
