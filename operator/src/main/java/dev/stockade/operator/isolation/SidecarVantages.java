package dev.stockade.operator.isolation;

import java.util.Set;
import java.util.function.Consumer;

/** The sidecars that are connected and can be asked to try. */
public interface SidecarVantages {
    /** None are. */
    SidecarVantages NONE = new SidecarVantages() {
        @Override
        public Set<String> pods() {
            return Set.of();
        }

        @Override
        public void order(String vantageUid, Order order, Consumer<Outcome> answer) {
            answer.accept(Outcome.NOT_TRIED);
        }
    };

    /**
     * What is asked: made only of a protected pod, so that no other address can be named.
     *
     * @param address one of the pod's own
     */
    record Order(String podNamespace, String podName, String podUid, String address, int port) {}

    /** The UIDs of their pods. */
    Set<String> pods();

    /**
     * Asks for one attempt. Returns at once.
     *
     * @param answer called once, on any thread; with {@link Outcome#NOT_TRIED} where none comes
     */
    void order(String vantageUid, Order order, Consumer<Outcome> answer);
}
