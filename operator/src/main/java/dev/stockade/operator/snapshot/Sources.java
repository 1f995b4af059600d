package dev.stockade.operator.snapshot;

import dev.stockade.wire.control.v1.Source;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Collects what a snapshot is compiled from, each resource once, in an order that does not depend on how it was found. */
final class Sources {
    private static final Comparator<Source> ORDER = Comparator.comparing(Source::getKind)
            .thenComparing(Source::getNamespace)
            .thenComparing(Source::getName);

    private final Map<String, Source> found = new LinkedHashMap<>();
    private long highest;

    Sources add(HasMetadata resource) {
        var meta = resource.getMetadata();
        found.putIfAbsent(
                meta.getUid(),
                Source.newBuilder()
                        .setKind(resource.getPlural())
                        .setNamespace(Optional.ofNullable(meta.getNamespace()).orElse(""))
                        .setName(meta.getName())
                        .setUid(meta.getUid())
                        .setGeneration(Optional.ofNullable(meta.getGeneration()).orElse(0L))
                        .build());
        highest = Math.max(
                highest,
                Optional.ofNullable(meta.getResourceVersion())
                        .map(Long::parseLong)
                        .orElse(0L));
        return this;
    }

    Sources add(Source source) {
        found.putIfAbsent(source.getUid(), source);
        return this;
    }

    List<Source> sorted() {
        return found.values().stream().sorted(ORDER).toList();
    }

    long highestResourceVersion() {
        return highest;
    }
}
