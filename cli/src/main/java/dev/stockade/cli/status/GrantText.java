package dev.stockade.cli.status;

import dev.stockade.cli.status.Overview.Grant;
import dev.stockade.crds.access.AccessRule;
import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.access.Mode;
import java.util.ArrayList;
import java.util.List;

/** What policies say, in as few words as people need. */
final class GrantText {
    private GrantText() {}

    /** @param policies those that name both, of either mode */
    static Grant of(String agent, String server, boolean suspended, List<McpAccessPolicy> policies) {
        List<String> allow = new ArrayList<>();
        List<String> deny = new ArrayList<>();
        List<String> shadow = new ArrayList<>();
        for (McpAccessPolicy policy : policies) {
            boolean shadows = policy.getSpec().mode() == Mode.SHADOW;
            policy.getSpec().allow().forEach(rule -> (shadows ? shadow : allow).add(text(rule)));
            policy.getSpec().deny().forEach(rule -> {
                if (shadows) {
                    shadow.add("deny " + text(rule));
                } else {
                    deny.add(text(rule));
                }
            });
        }
        return new Grant(agent, server, suspended, distinct(allow), distinct(deny), distinct(shadow));
    }

    private static List<String> distinct(List<String> rules) {
        return rules.stream().distinct().toList();
    }

    private static String text(AccessRule rule) {
        List<String> parts = new ArrayList<>();
        part(parts, "tools", rule.tools());
        part(parts, "resources", rule.resources());
        part(parts, "prompts", rule.prompts());
        part(parts, "the server may ask for", rule.clientFeatures());
        String what = String.join(", ", parts);
        return rule.when() == null ? what : what + " (when " + rule.when().strip() + ")";
    }

    private static void part(List<String> parts, String kind, List<String> names) {
        if (!names.isEmpty()) {
            parts.add(kind + " " + String.join(", ", names));
        }
    }
}
