package dev.stockade.operator.leadership;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How replicas elect the one that reconciles.
 *
 * @param namespace of the Lease
 * @param lease its name
 * @param identity of this replica: {@code pod/podIP}; other replicas send acknowledgements to that address
 * @param duration how long a lease holds that nobody renews
 * @param renewDeadline how long a holder tries to renew before it stops by itself; below {@code duration}
 * @param retryPeriod between two attempts
 */
public record Election(
        String namespace,
        String lease,
        String identity,
        Duration duration,
        Duration renewDeadline,
        Duration retryPeriod) {
    public Election {
        requireNonNull(namespace);
        requireNonNull(lease);
        requireNonNull(identity);
        requireNonNull(retryPeriod);
        if (renewDeadline.compareTo(duration) >= 0) {
            throw new IllegalArgumentException("lease " + namespace + "/" + lease + ": the renew deadline "
                    + renewDeadline + " has to be below the duration " + duration);
        }
    }

    /**
     * With the times that Kubernetes' own controllers use, but for the time between attempts: each is lengthened by up to 120% at
     * random, and a lease that was given back lies there for that long.
     */
    public static Election of(String namespace, String lease, String identity) {
        return new Election(
                namespace, lease, identity, Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(1));
    }
}
