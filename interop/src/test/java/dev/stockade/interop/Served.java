package dev.stockade.interop;

import dev.stockade.fixture.Ports;
import dev.stockade.interop.Program.Command;
import java.net.URI;
import java.util.function.IntFunction;

/** A server's program that was started afresh and listens on loopback. */
record Served(Program program, int port) implements AutoCloseable {
    /** @param command what starts it at a port */
    static Served start(String name, IntFunction<Command> command) {
        int port = Ports.next();
        Program program = Program.start(name, command.apply(port));
        try {
            program.listensAt(port);
        } catch (RuntimeException | Error e) {
            program.close();
            throw e;
        }
        return new Served(program, port);
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + port + "/mcp");
    }

    @Override
    public void close() {
        program.close();
    }
}
