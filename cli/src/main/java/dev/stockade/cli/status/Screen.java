package dev.stockade.cli.status;

import java.util.ArrayList;
import java.util.List;

/** Lines of bounded width. What comes from a cluster may hold anything: control characters never reach the terminal. */
public final class Screen {
    /** Columns. */
    public static final int WIDTH = 100;

    private final List<String> lines = new ArrayList<>();

    /** All lines so far. */
    public List<String> lines() {
        return List.copyOf(lines);
    }

    /** One line, cut where it is too long. */
    public void line(String text) {
        String safe = safe(text).stripTrailing();
        lines.add(safe.length() <= WIDTH ? safe : safe.substring(0, WIDTH - 3) + "...");
    }

    /**
     * A paragraph: broken between words, what follows the first line indented.
     *
     * @param indent columns of the lines after the first
     * @param most how many lines; what does not fit is cut
     */
    public void wrapped(String text, int indent, int most) {
        String rest = safe(text).stripTrailing();
        String margin = "";
        for (int n = 1; !rest.isEmpty(); n++) {
            int room = WIDTH - margin.length();
            if (rest.length() <= room) {
                lines.add(margin + rest);
                return;
            }
            if (n == most) {
                lines.add(margin + rest.substring(0, room - 3) + "...");
                return;
            }
            int space = rest.lastIndexOf(' ', room);
            int cut = space <= 0 || rest.substring(0, space).isBlank() ? room : space;
            lines.add((margin + rest.substring(0, cut)).stripTrailing());
            rest = rest.substring(cut).strip();
            margin = " ".repeat(indent);
        }
    }

    /** Columns with a heading; numbers of columns are those of the heading's. */
    public void table(List<String> heading, List<List<String>> rows) {
        List<List<String>> all = new ArrayList<>();
        all.add(heading);
        all.addAll(rows);
        int[] widths = new int[heading.size()];
        for (List<String> row : all) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], safe(row.get(i)).length());
            }
        }
        for (List<String> row : all) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String cell = safe(row.get(i));
                line.append(cell).append(" ".repeat(i == widths.length - 1 ? 0 : widths[i] - cell.length() + 2));
            }
            line(line.toString());
        }
    }

    /** The text without control and formatting characters, which could move the cursor or turn the reading order around. */
    static String safe(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (c == '\n' || c == '\t' || c == '\r') {
                safe.append(' ');
            } else if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                safe.append('?');
            } else {
                safe.appendCodePoint(c);
            }
        });
        return safe.toString();
    }
}
