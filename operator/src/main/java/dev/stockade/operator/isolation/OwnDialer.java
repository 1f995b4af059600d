package dev.stockade.operator.isolation;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;

/** Tries from this process. */
final class OwnDialer implements Prober.Dialer {
    private static final int TIMEOUT_MILLIS = 2_000;

    @Override
    public Outcome dial(Target target) {
        try (Socket socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(InetAddress.ofLiteral(target.address()), target.port()), TIMEOUT_MILLIS);
            return Outcome.OPEN;
        } catch (SocketTimeoutException e) {
            return Outcome.TIMEOUT;
        } catch (NoRouteToHostException | UnknownHostException e) {
            return Outcome.UNREACHABLE;
        } catch (ConnectException e) {
            String why = String.valueOf(e.getMessage());
            return why.contains("refused") ? Outcome.REFUSED : Outcome.UNREACHABLE;
        } catch (IOException | IllegalArgumentException e) {
            return Outcome.UNREACHABLE;
        }
    }
}
