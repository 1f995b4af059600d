package dev.stockade.operator.acks;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import dev.stockade.model.identity.BoundPod;
import dev.stockade.policy.MeshPod;
import dev.stockade.wire.control.v1.SidecarState;
import dev.stockade.wire.control.v1.Sockets;
import dev.stockade.wire.control.v1.Source;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Remembers every sidecar that is or was connected, here or at another replica, until its pod is gone. Where two replicas speak
 * of one pod, the one that has it connected is believed, else the later.
 */
public final class SidecarRegistry implements Acknowledgements {
    private static final Comparator<SidecarState> LATER =
            Comparator.comparing(SidecarState::getConnected).thenComparing(state -> instant(state.getSince()));

    /** Stands for the replicas whose connection has ended. */
    private static final Object LOST = new Object();

    private final Clock clock;
    private final Instant since;
    private final Function<MeshPod, Duration> staleAfter;
    private final Map<String, SidecarState> own = new ConcurrentHashMap<>();
    private final Map<Object, Map<String, SidecarState>> replicas = new ConcurrentHashMap<>();

    /** What states were read as, so that it is done once a state and not once a question. */
    private final Map<String, Read> read = new ConcurrentHashMap<>();

    private final Holders holders = new Holders();
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final List<Consumer<String>> ownListeners = new CopyOnWriteArrayList<>();
    private final List<Runnable> arrivalListeners = new CopyOnWriteArrayList<>();

    private record Read(SidecarState state, SidecarReport report) {}

    /** @param staleAfter how long a pod's sidecar serves while nobody confirms its snapshot, as the resources say now */
    public SidecarRegistry(Function<MeshPod, Duration> staleAfter, Clock clock) {
        this.staleAfter = requireNonNull(staleAfter);
        this.clock = requireNonNull(clock);
        this.since = clock.instant();
    }

    /** A sidecar has connected to this replica, and has shown this certificate in the handshake. */
    public void connected(BoundPod pod, String release, ShownCertificate shown) {
        change(
                pod,
                state -> state.setConnected(true)
                        .setSince(now())
                        .setRelease(release)
                        .setIssuer(ByteString.copyFrom(HexFormat.of().parseHex(shown.issuer())))
                        .setCertificateEnds(timestamp(shown.ends())));
    }

    /** Its connection to this replica has ended. */
    public void disconnected(BoundPod pod) {
        change(pod, state -> state.setConnected(false).setSince(now()));
    }

    /**
     * A snapshot is in force there, compiled from these.
     *
     * @param serves how long it serves by this snapshot while nobody confirms it
     */
    public void acknowledged(BoundPod pod, String version, List<Source> sources, Duration serves) {
        change(
                pod,
                state -> state.setVersion(version)
                        .setStaleAfterMillis(serves.toMillis())
                        .clearSources()
                        .addAllSources(sources)
                        .clearRefusal());
    }

    /** The latest snapshot was refused there; the former one is still in force. */
    public void refused(BoundPod pod, String sentence) {
        change(pod, state -> state.setRefusal(sentence));
    }

    /** The sidecar takes orders to try whether pods can be reached. */
    public void probes(BoundPod pod) {
        change(pod, state -> state.setProbes(true));
    }

    /** The pods whose sidecars are connected, here or at another replica, and take such orders. */
    public Set<String> probing() {
        return Stream.concat(Stream.of(own), replicas.values().stream())
                .flatMap(states -> states.values().stream())
                .filter(state -> state.getConnected() && state.getProbes())
                .map(SidecarState::getPodUid)
                .collect(Collectors.toSet());
    }

    /** The sidecar says where its pod listens; the same again changes nothing. */
    public void listening(BoundPod pod, Sockets sockets) {
        if (own(pod.uid())
                .filter(state -> state.hasSockets() && state.getSockets().equals(sockets))
                .isEmpty()) {
            change(pod, state -> state.setSockets(sockets));
        }
    }

    private void change(BoundPod pod, UnaryOperator<SidecarState.Builder> edit) {
        boolean arrives = !own.containsKey(pod.uid());
        own.compute(pod.uid(), (uid, before) -> {
            SidecarState.Builder builder = before == null
                    ? SidecarState.newBuilder()
                            .setPodNamespace(pod.namespace())
                            .setPodName(pod.name())
                            .setPodUid(uid)
                            .setSince(now())
                    : before.toBuilder();
            return edit.apply(builder).build();
        });
        note(pod.uid());
        if (arrives) {
            arrivalListeners.forEach(Runnable::run);
        }
        ownListeners.forEach(listener -> listener.accept(pod.uid()));
        listeners.forEach(Runnable::run);
    }

    /** The pods whose sidecars are or were connected to this replica: its full state for the lease holder. */
    public Set<String> ownPods() {
        return Set.copyOf(own.keySet());
    }

    /** What this replica itself knows of a pod's sidecar. */
    public Optional<SidecarState> own(String podUid) {
        return Optional.ofNullable(own.get(podUid));
    }

    /** Called with the pod's UID after every change of this replica's own sidecars. */
    public void onOwnChange(Consumer<String> listener) {
        ownListeners.add(requireNonNull(listener));
    }

    public void removeOwnChange(Consumer<String> listener) {
        ownListeners.remove(listener);
    }

    /** Called when a sidecar has come to this replica for the first time, or another replica tells of one that nobody knew. */
    public void onArrival(Runnable listener) {
        arrivalListeners.add(requireNonNull(listener));
    }

    /**
     * Another replica speaks of its sidecars.
     *
     * @param replica the connection; what it said is taken back, as far as it holds connections, when that ends
     * @param full whether this replaces all that it said before
     */
    public void replicaSays(Object replica, boolean full, List<SidecarState> states) {
        boolean arrive = !replica.equals(LOST)
                && states.stream()
                        .anyMatch(state -> states(state.getPodUid()).findAny().isEmpty());
        replicas.compute(replica, (key, before) -> {
            Map<String, SidecarState> now = new HashMap<>(full || before == null ? Map.of() : before);
            states.forEach(state -> now.put(state.getPodUid(), state));
            return Map.copyOf(now);
        });
        Stream.concat(states.stream().map(SidecarState::getPodUid), full ? holders.pods().stream() : Stream.empty())
                .forEach(this::note);
        if (arrive) {
            arrivalListeners.forEach(Runnable::run);
        }
        listeners.forEach(Runnable::run);
    }

    /** The connection to another replica has ended: its sidecars are connected nowhere, as far as is known. */
    public void replicaLost(Object replica) {
        Map<String, SidecarState> last = replicas.remove(replica);
        if (last == null) {
            return;
        }
        replicaSays(
                LOST,
                false,
                last.values().stream()
                        .map(state -> state.getConnected()
                                ? state.toBuilder()
                                        .setConnected(false)
                                        .setSince(now())
                                        .build()
                                : state)
                        .toList());
    }

    /** Forgets the pods that are gone. */
    public void retain(Set<String> podUids) {
        // One that is connected and not known yet is ahead of the caches, not gone.
        own.values().removeIf(state -> !state.getConnected() && !podUids.contains(state.getPodUid()));
        replicas.replaceAll((replica, states) -> states.entrySet().stream()
                .filter(entry -> podUids.contains(entry.getKey()))
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue)));
        holders.pods().stream().filter(pod -> !podUids.contains(pod)).forEach(this::note);
        read.keySet().retainAll(holders.pods());
    }

    /** Notes which resources the pod's sidecar holds, by what any replica says of it. */
    private void note(String podUid) {
        holders.set(
                podUid,
                () -> states(podUid)
                        .flatMap(state -> state.getSourcesList().stream())
                        .map(Source::getUid)
                        .collect(Collectors.toSet()));
    }

    private Stream<SidecarState> states(String podUid) {
        return Stream.concat(Stream.of(own), replicas.values().stream())
                .flatMap(states -> Stream.ofNullable(states.get(podUid)));
    }

    private Optional<SidecarState> latest(String podUid) {
        return states(podUid).max(LATER);
    }

    @Override
    public Optional<SidecarReport> report(String podUid) {
        return latest(podUid).map(state -> {
            SidecarReport report = report(state);
            // One that has just come says a moment later where its pod listens.
            return report.sockets().isPresent()
                    ? report
                    : lastSockets(podUid).map(report::with).orElse(report);
        });
    }

    /** What the sidecar last told another replica, if that was a short time ago. */
    private Optional<PodSockets> lastSockets(String podUid) {
        Instant now = clock.instant();
        return states(podUid)
                .filter(SidecarState::hasSockets)
                .filter(state -> SidecarReport.heard(state.getConnected(), instant(state.getSince()), now))
                .max(LATER)
                .map(state -> PodSockets.of(state.getSockets()));
    }

    /** Identity suffices: a state that was made anew is read anew. */
    @SuppressWarnings("ReferenceEquality")
    private SidecarReport report(SidecarState state) {
        Read last = read.get(state.getPodUid());
        if (last != null && last.state() == state) {
            return last.report();
        }
        SidecarReport report = new SidecarReport(
                state.getConnected(),
                instant(state.getSince()),
                state.getVersion(),
                state.getSourcesList().stream()
                        .collect(Collectors.toMap(Source::getUid, Source::getGeneration, Math::max)),
                Optional.of(state.getRefusal()).filter(refusal -> !refusal.isEmpty()),
                state.getRelease(),
                state.hasSockets() ? Optional.of(PodSockets.of(state.getSockets())) : Optional.empty(),
                shown(state));
        read.put(state.getPodUid(), new Read(state, report));
        return report;
    }

    @Override
    public Set<String> holding(String resourceUid) {
        return holders.of(resourceUid);
    }

    /** Empty where a replica of an older release tells of its sidecar. */
    private static Optional<ShownCertificate> shown(SidecarState state) {
        return state.hasCertificateEnds() && !state.getIssuer().isEmpty()
                ? Optional.of(new ShownCertificate(
                        HexFormat.of().formatHex(state.getIssuer().toByteArray()), instant(state.getCertificateEnds())))
                : Optional.empty();
    }

    @Override
    public Standing standing(String resourceUid, long generation, Collection<MeshPod> concerned) {
        int acknowledged = 0;
        List<String> waiting = new ArrayList<>();
        List<String> departed = new ArrayList<>();
        for (MeshPod pod : concerned) {
            if (pod.ips().isEmpty()) {
                continue;
            }
            Optional<SidecarReport> report = report(pod.uid());
            String name = pod.namespace() + "/" + pod.name();
            if (report.filter(r -> r.has(resourceUid, generation)).isPresent()) {
                acknowledged++;
                continue;
            }
            Instant silentSince = report.map(SidecarReport::since).orElse(since);
            boolean connected = report.filter(SidecarReport::connected).isPresent();
            if (!connected && clock.instant().isAfter(silentSince.plus(serves(pod)))) {
                departed.add(name + ": disconnected since " + silentSince);
            } else {
                waiting.add(name + ": " + why(report));
            }
        }
        return new Standing(acknowledged, acknowledged + waiting.size(), waiting, departed);
    }

    /**
     * How long the pod's sidecar may serve without the operator: by what it holds or by what it may have been told last, whichever is
     * longer. A {@code staleAfter} that was made shorter since it went says nothing to it.
     */
    private Duration serves(MeshPod pod) {
        Duration now = staleAfter.apply(pod);
        return latest(pod.uid())
                .map(state -> Duration.ofMillis(state.getStaleAfterMillis()))
                .filter(held -> held.compareTo(now) > 0)
                .orElse(now);
    }

    static String why(Optional<SidecarReport> report) {
        if (report.isEmpty()) {
            return "its sidecar has not connected yet";
        }
        return report.get()
                .refusal()
                .map(refusal -> "its sidecar refused the snapshot (" + refusal + ")")
                .orElse(
                        report.get().connected()
                                ? "its sidecar has not acknowledged yet"
                                : "its sidecar has been disconnected since "
                                        + report.get().since());
    }

    @Override
    public Instant since() {
        return since;
    }

    @Override
    public void onChange(Runnable listener) {
        listeners.add(requireNonNull(listener));
    }

    private Timestamp now() {
        return timestamp(clock.instant());
    }

    private static Timestamp timestamp(Instant at) {
        return Timestamp.newBuilder()
                .setSeconds(at.getEpochSecond())
                .setNanos(at.getNano())
                .build();
    }

    private static Instant instant(Timestamp timestamp) {
        return Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos());
    }
}
