package dev.stockade.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.crds.access.McpAccessPolicy;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MeaningTest {
    private static HasMetadata policy(Consumer<ObjectMetaBuilder> edit) {
        ObjectMetaBuilder meta = new ObjectMetaBuilder()
                .withNamespace("tools")
                .withName("reads")
                .withUid("uid")
                .withGeneration(3L)
                .withResourceVersion("7")
                .addToLabels("team", "tools");
        edit.accept(meta);
        McpAccessPolicy policy = new McpAccessPolicy();
        policy.setMetadata(meta.build());
        return policy;
    }

    @Test
    void aStatusThatWasWrittenSaysNothingNew() {
        assertThat(Meaning.isSame(policy(m -> {}), policy(m -> m.withResourceVersion("8"))))
                .isTrue();
    }

    static Stream<Consumer<ObjectMetaBuilder>> news() {
        return Stream.of(
                m -> m.withGeneration(4L),
                m -> m.addToLabels("team", "others"),
                m -> m.addToAnnotations("stockade.dev/rotate", "root@1"),
                m -> m.withDeletionTimestamp("2026-01-01T00:00:00Z"),
                m -> m.withUid("of another of the same name"));
    }

    @ParameterizedTest
    @MethodSource("news")
    void whatItsOwnerWritesDoes(Consumer<ObjectMetaBuilder> edit) {
        assertThat(Meaning.isSame(policy(m -> {}), policy(edit))).isFalse();
    }

    @Test
    void everyUpdateOfWhatIsNotOursSaysSomethingNew() {
        // A pod's status has its addresses, and its generation may stay.
        HasMetadata pod = new PodBuilder()
                .withNewMetadata()
                .withName("pod")
                .withUid("uid")
                .endMetadata()
                .build();

        assertThat(Meaning.isSame(pod, pod)).isFalse();
    }
}
