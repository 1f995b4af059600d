package dev.stockade.sidecar.log;

import static java.util.Objects.requireNonNull;

import java.io.PrintStream;
import java.time.Clock;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Writes log lines. Safe for any thread; a line is written in one piece. */
public final class Log {
    private final PrintStream out;
    private final Clock clock;

    public Log(PrintStream out, Clock clock) {
        this.out = requireNonNull(out);
        this.clock = requireNonNull(clock);
    }

    /** @param keysAndValues in pairs: a key, then its value */
    public void info(String message, @Nullable Object... keysAndValues) {
        write("info", message, keysAndValues);
    }

    /** Something that a person should look at, after which the sidecar goes on. */
    public void warn(String message, @Nullable Object... keysAndValues) {
        write("warn", message, keysAndValues);
    }

    /** Something that ends the sidecar. */
    public void error(String message, @Nullable Object... keysAndValues) {
        write("error", message, keysAndValues);
    }

    private void write(String level, String message, @Nullable Object... keysAndValues) {
        StringBuilder line = new StringBuilder(160);
        line.append("{\"log\":\"sidecar\",\"time\":\"").append(clock.instant()).append("\",\"level\":\"");
        line.append(level).append("\",\"message\":");
        quote(line, message);
        for (int i = 0; i + 1 < keysAndValues.length; i += 2) {
            line.append(',');
            quote(line, String.valueOf(keysAndValues[i]));
            line.append(':');
            if (keysAndValues[i + 1] instanceof Number number) {
                line.append(number);
            } else {
                quote(line, String.valueOf(keysAndValues[i + 1]));
            }
        }
        out.println(line.append('}'));
    }

    /** Appends the text as a JSON string. */
    public static void quote(StringBuilder to, String text) {
        to.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> to.append("\\\"");
                case '\\' -> to.append("\\\\");
                case '\n' -> to.append("\\n");
                case '\r' -> to.append("\\r");
                case '\t' -> to.append("\\t");
                default -> {
                    if (c < 0x20 || c == 0x7f || Character.isSurrogate(c)) {
                        to.append("\\u").append("%04x".formatted((int) c));
                    } else {
                        to.append(c);
                    }
                }
            }
        }
        to.append('"');
    }

    /** Sends what libraries log through {@code java.util.logging} here, warnings and worse, without their stack traces. */
    public void adoptLibraryLogs() {
        LogManager.getLogManager().reset();
        Logger root = Logger.getLogger("");
        root.setLevel(Level.WARNING);
        root.addHandler(new LibraryLogs());
    }

    private final class LibraryLogs extends Handler {
        @Override
        public void publish(LogRecord event) {
            if (!isLoggable(event)) {
                return;
            }
            Throwable thrown = event.getThrown();
            String message = event.getMessage() + (thrown == null ? "" : ": " + thrown);
            warn(message, "logger", event.getLoggerName());
        }

        @Override
        public void flush() {
            out.flush();
        }

        @Override
        public void close() {}
    }
}
