package dev.stockade.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import dev.stockade.wire.control.v1.Snapshot;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Sidecars live as long as their pods, and meet operators of later releases, and after a rollback of earlier ones: what was
 * released stays in the contract, with its numbers and types. The released descriptors lie in resources/released, made by
 * {@code protoc --descriptor_set_out} from the sources in e2e/previous.
 */
class ReleasedContractTest {
    private static final String RELEASED = "/released/0.1.0.binpb";

    @Test
    void whatWasReleasedIsUnderstoodTheSameWayNow() throws IOException {
        assertThat(Contract.breaches(released(), now())).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            optional string release = 1 renumbered    | Hello.release (1): gone, and neither its number nor its name is reserved
            optional string release = 1 as bytes      | Hello.release (1): was TYPE_STRING, is TYPE_BYTES
            optional string release = 1 as a list     | Hello.release (1): was LABEL_OPTIONAL, is LABEL_REPEATED
            optional string release = 1 renamed       | Hello.release (1): is called version_of_release now
            the message gone                          | Hello: gone
            """)
    void aChangeOfAMessageIsFound(String change, String breach) throws IOException {
        FileDescriptorProto changed = changed(change);

        assertThat(Contract.breaches(released(), changed)).contains(breach);
    }

    @Test
    void anEnumAndAMethodAreHeldAsWell() throws IOException {
        FileDescriptorProto.Builder changed = now().toBuilder();
        changed.getEnumTypeBuilder(0).getValueBuilder(1).setNumber(7);
        MethodDescriptorProto.Builder sign =
                changed.getServiceBuilder(0).getMethodBuilder(0).setServerStreaming(true);
        changed.getServiceBuilder(1).removeMethod(0);

        assertThat(sign.getName()).isEqualTo("Sign");
        assertThat(Contract.breaches(released(), changed.build()))
                .contains(
                        "Role.ROLE_AGENT: was 1, is gone or another number",
                        "SidecarControl.Sign: takes, gives or streams something else",
                        "ReplicaAcks.Share: gone");
    }

    @Test
    void aFieldMayGoIfNobodyCanTakeItsPlace() throws IOException {
        FileDescriptorProto gone = hello(now(), message -> {
            var builder = message.toBuilder().removeField(0).addReservedName("release");
            builder.addReservedRangeBuilder().setStart(1).setEnd(2);
            return builder.build();
        });

        assertThat(Contract.breaches(released(), gone)).isEmpty();
    }

    private static FileDescriptorProto changed(String change) throws IOException {
        return hello(now(), message -> {
            var builder = message.toBuilder();
            var field = builder.getFieldBuilder(0);
            switch (change.substring(change.lastIndexOf(' ') + 1)) {
                case "renumbered" -> field.setNumber(99);
                case "bytes" -> field.setType(FieldDescriptorProto.Type.TYPE_BYTES);
                case "list" -> field.setLabel(FieldDescriptorProto.Label.LABEL_REPEATED);
                case "renamed" -> field.setName("version_of_release");
                case "gone" -> builder.setName("Greeting");
                default -> throw new AssertionError(change);
            }
            return builder.build();
        });
    }

    private static FileDescriptorProto hello(FileDescriptorProto file, UnaryOperator<DescriptorProto> change) {
        FileDescriptorProto.Builder changed = file.toBuilder();
        for (int i = 0; i < file.getMessageTypeCount(); i++) {
            if (file.getMessageType(i).getName().equals("Hello")) {
                changed.setMessageType(i, change.apply(file.getMessageType(i)));
            }
        }
        return changed.build();
    }

    private static FileDescriptorProto now() {
        return Snapshot.getDescriptor().getFile().toProto();
    }

    private static FileDescriptorProto released() throws IOException {
        try (InputStream in = Objects.requireNonNull(ReleasedContractTest.class.getResourceAsStream(RELEASED))) {
            return FileDescriptorSet.parseFrom(in).getFile(0);
        }
    }
}
