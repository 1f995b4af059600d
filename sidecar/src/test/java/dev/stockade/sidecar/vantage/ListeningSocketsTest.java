package dev.stockade.sidecar.vantage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.wire.control.v1.Socket;
import dev.stockade.wire.control.v1.Sockets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListeningSocketsTest {
    private static final String HEAD =
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
    private static final String REST = " 00000000:00000000 00:00000000 00000000  1000        0 4242 1\n";

    @TempDir
    Path net;

    private static String row(String local, String state) {
        return "   0: " + local + " 00000000:0000 " + state + REST;
    }

    private Sockets read(String tcp, String tcp6) throws IOException {
        Files.writeString(net.resolve("tcp"), HEAD + tcp);
        Files.writeString(net.resolve("tcp6"), HEAD + tcp6);
        return new ListeningSockets(net).read();
    }

    private static Socket socket(int port, boolean loopbackOnly) {
        return Socket.newBuilder().setPort(port).setLoopbackOnly(loopbackOnly).build();
    }

    @Test
    void whatListensIsTold() throws IOException {
        Sockets found = read(
                row("00000000:0BB8", "0A") + row("0100007F:3A99", "0A") + row("0105007F:0050", "0A"),
                row("00000000000000000000000000000000:1F90", "0A")
                        + row("00000000000000000000000001000000:2382", "0A")
                        + row("0000000000000000FFFF00000100007F:2383", "0A"));

        assertThat(found.getListeningList())
                .containsExactly(
                        socket(80, true),
                        socket(3000, false),
                        socket(8080, false),
                        socket(9090, true),
                        socket(9091, true),
                        socket(15001, true));
        assertThat(found.getTruncated()).isFalse();
    }

    @Test
    void aPortThatIsBoundElsewhereTooIsNotLoopbacksAlone() throws IOException {
        assertThat(read(row("0100007F:0BB8", "0A"), row("000080FE000000000202B3FFFE1E8329:0BB8", "0A"))
                        .getListeningList())
                .containsExactly(socket(3000, false));
    }

    @Test
    void connectionsAndRowsThatAreNotUnderstoodAreLeftOut() throws IOException {
        assertThat(read(row("00000000:0BB8", "01") + row("00000000:0BB9", "06") + "nonsense\n\n", "")
                        .getListeningList())
                .isEmpty();
    }

    @Test
    void thatThereAreMoreThanFitIsSaid() throws IOException {
        StringBuilder many = new StringBuilder();
        for (int port = 20_000; port < 20_300; port++) {
            many.append(row("00000000:%04X".formatted(port), "0A"));
        }

        Sockets found = read(many.toString(), "");

        assertThat(found.getListeningCount()).isEqualTo(ListeningSockets.MOST);
        assertThat(found.getListening(0)).isEqualTo(socket(20_000, false));
        assertThat(found.getTruncated()).isTrue();
    }

    @Test
    void aKernelWithoutIpv6SaysWhatItHas() throws IOException {
        Files.writeString(net.resolve("tcp"), HEAD + row("00000000:0BB8", "0A"));

        assertThat(new ListeningSockets(net).read().getListeningList()).containsExactly(socket(3000, false));
    }

    @Test
    void aKernelThatDoesNotSayIsNoPodThatDoesNotListen() {
        assertThatThrownBy(() -> new ListeningSockets(net).read()).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void thisMachinesKernelIsUnderstood() throws IOException {
        try (ServerSocket loopback = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            assertThat(new ListeningSockets(Path.of("/proc/net")).read().getListeningList())
                    .contains(socket(loopback.getLocalPort(), true));
        }
    }
}
