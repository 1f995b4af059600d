package dev.stockade.operator.acks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeaseHolderTest {
    @Test
    void readsWhatItWrites() {
        LeaseHolder holder = new LeaseHolder("stockade-operator-abc", "10.1.2.3");
        assertThat(LeaseHolder.parse(holder.identity())).contains(holder);
        assertThat(LeaseHolder.parse("operator/fd00::1")).contains(new LeaseHolder("operator", "fd00::1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "operator", "/10.1.2.3", "operator/", "operator/example.com", "operator/10.1.2.3/x"})
    void anythingElseNamesNobodyToCall(String identity) {
        assertThat(LeaseHolder.parse(identity)).isEmpty();
    }
}
