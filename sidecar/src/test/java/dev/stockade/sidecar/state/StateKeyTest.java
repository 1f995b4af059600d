package dev.stockade.sidecar.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.wire.control.v1.Snapshot;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StateKeyTest {
    private static ServerRules read(byte[] key) {
        Snapshot snapshot = Snapshot.newBuilder().putCompiledAt("pods", 1).build();
        return new ServerReader(Mesh.TRUST_DOMAIN, snapshot)
                .read(Mesh.github().setStateKey(ByteString.copyFrom(key)).build())
                .rules();
    }

    @Test
    void theOperatorsKeyIsTaken() {
        byte[] key = "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
        assertThat(read(key).stateKey().getEncoded()).isEqualTo(key);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 31})
    void aSnapshotWithoutOneOrWithAShortOneIsRefused(int bytes) {
        assertThatThrownBy(() -> read(new byte[bytes]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(
                        "server tools/github: the key for what it hands out is missing or shorter than 32");
    }
}
