package dev.stockade.operator.status;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.operator.acks.Shown;
import dev.stockade.operator.acks.SidecarRegistry;
import dev.stockade.wire.control.v1.Sockets;
import dev.stockade.wire.control.v1.Source;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;

/** Sidecars that say what a test has them say, to the real registry. */
public final class Sidecars {
    /** When it is. */
    public static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");

    private final SidecarRegistry registry =
            new SidecarRegistry(pod -> Duration.ofHours(1), Clock.fixed(NOW, ZoneOffset.UTC));

    public SidecarRegistry registry() {
        return registry;
    }

    /** The pod's sidecar has these resources in force, at that generation. */
    public Sidecars hold(String pod, long generation, String... names) {
        registry.connected(bound(pod), "test", Shown.certificate());
        registry.acknowledged(
                bound(pod),
                "v",
                List.of(names).stream()
                        .map(name -> Source.newBuilder()
                                .setUid("uid-" + name)
                                .setGeneration(generation)
                                .build())
                        .toList(),
                Duration.ofHours(1));
        return this;
    }

    /** The pod's sidecar says where it listens, and how its server answered what begins a conversation; 0 for well. */
    public Sidecars listen(String pod, int refusedInitialize) {
        registry.listening(
                bound(pod),
                Sockets.newBuilder().setRefusedInitialize(refusedInitialize).build());
        return this;
    }

    /** The pod's sidecar refuses its snapshot. */
    public Sidecars refuse(String pod, String sentence) {
        registry.connected(bound(pod), "test", Shown.certificate());
        registry.refused(bound(pod), sentence);
        return this;
    }

    private static BoundPod bound(String pod) {
        return new BoundPod("any", pod, "uid-" + pod, 1);
    }
}
