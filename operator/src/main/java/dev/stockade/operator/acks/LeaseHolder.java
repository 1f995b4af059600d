package dev.stockade.operator.acks;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;
import java.util.Optional;

/**
 * A replica as the Lease's {@code holderIdentity} names it: {@code <pod>/<podIP>}.
 *
 * @param address where its control channel listens
 */
public record LeaseHolder(String pod, String address) {
    public LeaseHolder {
        requireNonNull(pod);
        requireNonNull(address);
    }

    /** The text as it stands in the Lease. */
    public String identity() {
        return pod + "/" + address;
    }

    /** Empty if the text is not of that form. */
    public static Optional<LeaseHolder> parse(String identity) {
        int slash = identity.indexOf('/');
        if (slash <= 0) {
            return Optional.empty();
        }
        String address = identity.substring(slash + 1);
        try {
            InetAddress.ofLiteral(address);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
        return Optional.of(new LeaseHolder(identity.substring(0, slash), address));
    }
}
