package dev.stockade.e2e.mesh;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.workload.Program;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The nodes, seen by a privileged pod on each: what memory Stockade's processes use, and a way to kill one. */
public final class Nodes {
    private static final String NAMESPACE = "e2e-nodes";
    /** Prints a fact for each process of Stockade that runs in a pod; kills that of the pod whose UID it is given. */
    private static final String SCRIPT = """
            const fs = require('node:fs');
            const [victim] = process.argv.slice(1);
            for (const pid of fs.readdirSync('/proc').filter(name => /^\\d+$/.test(name))) {
              try {
                const command = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\\0');
                const program = command.find(word => /^dev\\.stockade\\.(operator|sidecar)\\./.test(word));
                const pod = /pod([0-9a-f]{8}([-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})/.exec(fs.readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
                if (!program || !pod) continue;
                const uid = pod[1].replaceAll('_', '-');
                const pss = /^Pss: +(\\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
                if (victim === uid) process.kill(Number(pid), 'SIGKILL');
                console.log(JSON.stringify({uid, program, pssKiB: Number(pss[1])}));
              } catch (gone) {}
            }
            console.log(JSON.stringify({done: true}));
            """;

    /** Fills the volume in which the sidecar of a pod keeps the trust bundle, or empties it again. */
    private static final String FILL = """
            const fs = require('node:fs');
            const [pod, what] = process.argv.slice(1);
            for (const pid of fs.readdirSync('/proc').filter(name => /^\\d+$/.test(name))) {
              try {
                const command = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
                if (!command.includes('dev.stockade.sidecar.')) continue;
                if (!fs.readFileSync(`/proc/${pid}/cgroup`, 'utf8').replaceAll('_', '-').includes(pod)) continue;
                const file = `/proc/${pid}/root/var/lib/stockade/filler`;
                if (what === 'empty') fs.rmSync(file, {force: true});
                if (what !== 'fill') continue;
                const to = fs.openSync(file, 'w');
                let filled = 0;
                try {
                  for (const some of [4096, 1]) {
                    try {
                      for (;;) filled += fs.writeSync(to, Buffer.alloc(some));
                    } catch (full) {
                      if (full.code !== 'ENOSPC') throw full;
                    }
                  }
                } finally {
                  fs.closeSync(to);
                }
                console.log(JSON.stringify({filled}));
              } catch (gone) {
                if (gone.code !== 'ENOENT' && gone.code !== 'ESRCH') console.log(JSON.stringify({trouble: String(gone)}));
              }
            }
            console.log(JSON.stringify({done: true}));
            """;

    /**
     * Looks for private keys in what every process of a pod has in its environment and in each file that was mounted for it: PEM, and the beginning of an EC key in PKCS#8 or SEC 1, in DER and in base64. A key is planted in this pod before,
     * so that a search that finds nothing is one that would have found it.
     */
    private static final String SEARCH = """
            const fs = require('node:fs');
            const {join} = require('node:path');
            const {generateKeyPairSync} = require('node:crypto');
            const {privateKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'});
            fs.mkdirSync('/tmp/planted', {recursive: true});
            for (const type of ['pkcs8', 'sec1']) {
              fs.writeFileSync(`/tmp/planted/${type}.pem`, privateKey.export({type, format: 'pem'}));
              const der = privateKey.export({type, format: 'der'});
              fs.writeFileSync(`/tmp/planted/${type}.der`, der);
              fs.writeFileSync(`/tmp/planted/${type}.base64`, der.toString('base64'));
            }
            const marks = [
              /-----BEGIN [A-Z ]*PRIVATE KEY-----\\s+[A-Za-z0-9+\\/]{40}/,
              /\\x30\\x13\\x06\\x07\\x2a\\x86\\x48\\xce\\x3d\\x02\\x01\\x06\\x08\\x2a\\x86\\x48\\xce\\x3d\\x03\\x01\\x07\\x04\\x6d\\x30\\x6b\\x02\\x01\\x01\\x04\\x20/,
              /\\x30\\x77\\x02\\x01\\x01\\x04\\x20/,
              /MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/,
              /MHcCAQEEI/,
            ];
            const holds = path => {
              const bytes = fs.readFileSync(path, 'latin1');
              return marks.some(mark => mark.test(bytes));
            };
            function* files(folder) {
              for (const entry of fs.readdirSync(folder, {withFileTypes: true})) {
                const path = join(folder, entry.name);
                if (entry.isDirectory()) yield* files(path);
                else if (entry.isFile()) yield path;
              }
            }
            for (const path of files('/tmp/planted')) console.log(JSON.stringify({planted: path, found: holds(path)}));
            for (const pid of fs.readdirSync('/proc').filter(name => /^\\d+$/.test(name))) {
              try {
                const command = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\\0');
                const program = command.find(word => /^dev\\.stockade\\.(operator|sidecar)\\./.test(word));
                const pod = /pod([0-9a-f]{8}([-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})/.exec(fs.readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
                if (!pod) continue;
                const mounts = fs.readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\\n').map(line => line.split(' ')[4])
                  .filter(mount => mount && mount !== '/' && !/^\\/(proc|sys)(\\/|$)|^\\/dev$|^\\/dev\\/(pts|mqueue)$/.test(mount));
                const found = holds(`/proc/${pid}/environ`) ? ['its environment'] : [];
                let searched = 0;
                for (const mount of mounts) {
                  const root = `/proc/${pid}/root${mount}`;
                  for (const path of fs.statSync(root).isDirectory() ? files(root) : [root]) {
                    searched++;
                    try {
                      if (holds(path)) found.push(path);
                    } catch (gone) {}
                  }
                }
                console.log(JSON.stringify({uid: pod[1].replaceAll('_', '-'), program, command, mounts, searched, found}));
              } catch (gone) {}
            }
            console.log(JSON.stringify({done: true}));
            """;

    /** A process of Stockade and its proportional share of memory. */
    public record Running(String namespace, String pod, String program, long pssKiB) {}

    private final KubernetesClient client;
    private final String image;
    private final List<Program> inspectors = new ArrayList<>();

    Nodes(KubernetesClient client, String image) {
        this.client = client;
        this.image = image;
    }

    /** Every operator and sidecar on the cluster. */
    public List<Running> processes() {
        Map<String, Pod> pods = new LinkedHashMap<>();
        client.pods()
                .inAnyNamespace()
                .list()
                .getItems()
                .forEach(pod -> pods.put(pod.getMetadata().getUid(), pod));
        Map<String, Running> found = new LinkedHashMap<>();
        for (JsonNode fact : inspect()) {
            Pod pod = pods.get(fact.path("uid").asText());
            if (pod != null) {
                found.put(
                        pod.getMetadata().getUid() + fact.get("program").asText(),
                        new Running(
                                pod.getMetadata().getNamespace(),
                                pod.getMetadata().getName(),
                                fact.get("program").asText(),
                                fact.get("pssKiB").asLong()));
            }
        }
        return found.values().stream()
                .sorted(Comparator.comparing(Running::program)
                        .thenComparing(Running::namespace)
                        .thenComparing(Running::pod))
                .toList();
    }

    /** Kills Stockade's process in a pod, its sidecar or the operator, as a crash would. */
    public void kill(Pod pod) {
        boolean found = inspect(pod.getMetadata().getUid()).stream()
                .anyMatch(fact ->
                        fact.path("uid").asText().equals(pod.getMetadata().getUid()));
        if (!found) {
            throw new AssertionError("no process of Stockade runs in %s/%s"
                    .formatted(
                            pod.getMetadata().getNamespace(), pod.getMetadata().getName()));
        }
    }

    /** Fills the sidecar's only volume to the brim. @return how many bytes that took */
    public long fill(Pod pod) {
        return run(FILL, pod.getMetadata().getUid(), "fill").stream()
                .filter(fact -> fact.has("filled"))
                .mapToLong(fact -> fact.get("filled").asLong())
                .findFirst()
                .orElseThrow(() -> new AssertionError(
                        "no sidecar runs in " + pod.getMetadata().getName()));
    }

    /** Takes away what {@link #fill} has put there. */
    public void empty(Pod pod) {
        run(FILL, pod.getMetadata().getUid(), "empty");
    }

    /** What the search for keys tells of each node's own planted keys, and of every process in a pod. */
    public List<JsonNode> searchForKeys() {
        return run(SEARCH);
    }

    private List<JsonNode> inspect(String... arguments) {
        return run(SCRIPT, arguments);
    }

    private List<JsonNode> run(String script, String... arguments) {
        if (inspectors.isEmpty()) {
            raise();
        }
        List<String> command = new ArrayList<>(List.of("node", "-e", script, "--"));
        command.addAll(List.of(arguments));
        return inspectors.stream()
                .flatMap(one -> one.facts(command.toArray(String[]::new)).stream())
                .toList();
    }

    private void raise() {
        Namespace namespace = new NamespaceBuilder()
                .withNewMetadata()
                .withName(NAMESPACE)
                .addToLabels("pod-security.kubernetes.io/enforce", "privileged")
                .endMetadata()
                .build();
        client.resource(namespace).serverSideApply();
        Waiting.until(
                "the service account of " + NAMESPACE,
                () -> "none",
                () -> client.serviceAccounts()
                                .inNamespace(NAMESPACE)
                                .withName("default")
                                .get()
                        != null);
        List<String> nodes = client.nodes().list().getItems().stream()
                .map(node -> node.getMetadata().getName())
                .toList();
        for (String node : nodes) {
            client.resource(inspector(node)).serverSideApply();
        }
        for (String node : nodes) {
            Waiting.until(
                    "the inspector of " + node,
                    () -> client.pods()
                            .inNamespace(NAMESPACE)
                            .withName(node)
                            .get()
                            .getStatus(),
                    () -> client.pods().inNamespace(NAMESPACE).withName(node).isReady());
            inspectors.add(new Program(client, NAMESPACE, node, "agent"));
        }
    }

    private Pod inspector(String node) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(node)
                .withNamespace(NAMESPACE)
                .endMetadata()
                .withNewSpec()
                .withNodeName(node)
                .withHostPID(true)
                .withAutomountServiceAccountToken(false)
                .withTerminationGracePeriodSeconds(1L)
                .addNewContainer()
                .withName("agent")
                .withImage(image)
                .withImagePullPolicy("IfNotPresent")
                .withCommand("agent", "idle")
                .withNewSecurityContext()
                .withPrivileged(true)
                .withRunAsUser(0L)
                .endSecurityContext()
                .endContainer()
                .endSpec()
                .build();
    }
}
