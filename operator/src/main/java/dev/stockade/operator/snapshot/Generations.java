package dev.stockade.operator.snapshot;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The number that people see for a version: the highest resourceVersion of what it was compiled from when it first arose here.
 * A resource's status moves its resourceVersion on, and the number must not move with it.
 */
public final class Generations {
    private static final int REMEMBERED = 16_384;

    private final Map<String, Long> first = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > REMEMBERED;
        }
    };

    synchronized long of(String version, long resourceVersion) {
        return first.computeIfAbsent(version, v -> resourceVersion);
    }
}
