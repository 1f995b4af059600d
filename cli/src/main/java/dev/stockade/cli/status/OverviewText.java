package dev.stockade.cli.status;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.stockade.cli.status.Overview.Agent;
import dev.stockade.cli.status.Overview.Grant;
import dev.stockade.cli.status.Overview.Server;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/** An overview as people read it, of bounded length, and whole as programs do. */
public record OverviewText(Overview overview) {
    private static final int MOST_TROUBLES = 15;
    private static final int MOST_ROWS = 15;
    private static final int MOST_GRANTS = 20;
    private static final int MOST_NAMES = 3;
    private static final int LINES_EACH = 3;

    public OverviewText {
        requireNonNull(overview);
    }

    /** Lines for people, at most about 130, each of at most {@link Screen#WIDTH} columns. */
    public List<String> lines() {
        Screen screen = new Screen();
        List<Trouble> wrong = overview.troubles().stream()
                .filter(t -> t.level() != Trouble.Level.NOTICE)
                .toList();
        List<Trouble> notices = overview.troubles().stream()
                .filter(t -> t.level() == Trouble.Level.NOTICE)
                .toList();
        if (wrong.isEmpty()) {
            screen.line(overview.unread().isEmpty() ? "Nothing is wrong." : "Nothing is wrong in what could be read.");
        } else {
            screen.line("WRONG: " + wrong.size());
            troubles(screen, "! ", wrong);
        }
        if (!notices.isEmpty()) {
            screen.line("");
            screen.line("TO KNOW: " + notices.size());
            troubles(screen, "- ", notices);
        }
        if (!overview.unread().isEmpty()) {
            screen.line("");
            screen.line("NOT READ: " + overview.unread().size());
            overview.unread().stream().limit(MOST_TROUBLES).forEach(s -> screen.wrapped("  ? " + s, 4, LINES_EACH));
        }
        overview.trust().ifPresent(trust -> {
            screen.line("");
            screen.table(
                    List.of("TRUST DOMAIN", "READY", "STEP", "ISSUER ENDS", "ROOT ENDS"),
                    List.of(List.of(
                            trust.domain(), trust.ready(), trust.step(), trust.issuerEnds(), trust.rootEnds())));
        });
        servers(screen);
        agents(screen);
        grants(screen);
        return screen.lines();
    }

    private static void troubles(Screen screen, String mark, List<Trouble> troubles) {
        troubles.stream()
                .limit(MOST_TROUBLES)
                .forEach(t -> screen.wrapped("  " + mark + t.about() + " " + t.sentence(), 4, LINES_EACH));
        more(screen, troubles.size(), MOST_TROUBLES);
    }

    private static void more(Screen screen, int all, int most) {
        if (all > most) {
            screen.line("  ... and " + (all - most) + " more: see them with -n NAMESPACE, or all with -o json");
        }
    }

    private void servers(Screen screen) {
        if (overview.servers().isEmpty()) {
            return;
        }
        List<List<String>> rows = new ArrayList<>();
        for (Server s : overview.servers().stream().limit(MOST_ROWS).toList()) {
            rows.add(List.of(
                    s.name(),
                    s.ready(),
                    s.withSidecar().isPresent() ? s.withSidecar().getAsInt() + "/" + s.pods() : "?/" + s.pods(),
                    s.observes() ? "OBSERVES" : s.sidecars(),
                    s.meshOnly(),
                    names(s.agents())));
        }
        screen.line("");
        screen.table(
                List.of(
                        heading("SERVER", overview.servers().size()),
                        "READY",
                        "SIDECARS",
                        "POLICY",
                        "MESH ONLY",
                        "CALLED BY"),
                rows);
        more(screen, overview.servers().size(), MOST_ROWS);
    }

    private void agents(Screen screen) {
        if (overview.agents().isEmpty()) {
            return;
        }
        List<List<String>> rows = new ArrayList<>();
        for (Agent a : overview.agents().stream().limit(MOST_ROWS).toList()) {
            rows.add(List.of(
                    a.name(),
                    a.ready(),
                    a.withSidecar().isPresent() ? a.withSidecar().getAsInt() + "/" + a.pods() : "?/" + a.pods(),
                    a.suspended() ? "SUSPENDED" : a.sidecars(),
                    names(a.servers())));
        }
        screen.line("");
        screen.table(
                List.of(heading("AGENT", overview.agents().size()), "READY", "SIDECARS", "POLICY", "MAY CALL"), rows);
        more(screen, overview.agents().size(), MOST_ROWS);
    }

    private void grants(Screen screen) {
        if (overview.grants().isEmpty()) {
            return;
        }
        screen.line("");
        screen.line("WHO MAY DO WHAT");
        overview.grants().stream().limit(MOST_GRANTS).forEach(g -> screen.wrapped("  " + text(g), 6, LINES_EACH));
        more(screen, overview.grants().size(), MOST_GRANTS);
    }

    private static String heading(String word, int count) {
        return count > 1 ? word + "S (" + count + ")" : word;
    }

    private static String text(Grant grant) {
        List<String> parts = new ArrayList<>();
        parts.add(grant.allow().isEmpty() ? "nothing" : String.join("; ", grant.allow()));
        if (!grant.deny().isEmpty()) {
            parts.add("deny " + String.join("; deny ", grant.deny()));
        }
        if (!grant.shadow().isEmpty()) {
            parts.add("SHADOW " + String.join("; SHADOW ", grant.shadow()));
        }
        return grant.agent() + " -> " + grant.server() + (grant.suspended() ? " (SUSPENDED)" : "") + ": "
                + String.join("; ", parts);
    }

    private static String names(List<String> names) {
        if (names.isEmpty()) {
            return "-";
        }
        return String.join(", ", names.subList(0, Math.min(MOST_NAMES, names.size())))
                + (names.size() > MOST_NAMES ? " +" + (names.size() - MOST_NAMES) : "");
    }

    /** For programs: everything, not cut. */
    public ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("wrong", overview.wrong());
        ArrayNode troubles = json.putArray("troubles");
        overview.troubles()
                .forEach(t -> troubles.addObject()
                        .put("level", t.level().name().toLowerCase(Locale.ROOT))
                        .put("about", t.about())
                        .put("sentence", t.sentence()));
        strings(json, "unread", overview.unread());
        overview.trust()
                .ifPresent(t -> json.putObject("trust")
                        .put("domain", t.domain())
                        .put("ready", t.ready())
                        .put("step", t.step())
                        .put("issuerEnds", t.issuerEnds())
                        .put("rootEnds", t.rootEnds()));
        ArrayNode servers = json.putArray("servers");
        overview.servers().forEach(s -> {
            ObjectNode one = servers.addObject()
                    .put("name", s.name())
                    .put("ready", s.ready())
                    .put("pods", s.pods());
            count(one, s.withSidecar());
            one.put("sidecars", s.sidecars()).put("meshOnly", s.meshOnly()).put("observes", s.observes());
            strings(one, "agents", s.agents());
        });
        ArrayNode agents = json.putArray("agents");
        overview.agents().forEach(a -> {
            ObjectNode one = agents.addObject()
                    .put("name", a.name())
                    .put("ready", a.ready())
                    .put("pods", a.pods());
            count(one, a.withSidecar());
            one.put("sidecars", a.sidecars()).put("suspended", a.suspended());
            strings(one, "servers", a.servers());
        });
        ArrayNode grants = json.putArray("grants");
        overview.grants().forEach(g -> {
            ObjectNode one = grants.addObject()
                    .put("agent", g.agent())
                    .put("server", g.server())
                    .put("suspended", g.suspended());
            strings(one, "allow", g.allow());
            strings(one, "deny", g.deny());
            strings(one, "shadow", g.shadow());
        });
        return json;
    }

    private static void count(ObjectNode one, OptionalInt withSidecar) {
        withSidecar.ifPresent(count -> one.put("withSidecar", count));
    }

    private static void strings(ObjectNode json, String name, List<String> all) {
        ArrayNode array = json.putArray(name);
        all.forEach(array::add);
    }
}
