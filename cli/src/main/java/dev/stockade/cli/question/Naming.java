package dev.stockade.cli.question;

import static java.util.Objects.requireNonNull;

import dev.stockade.cli.UnusableException;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.agent.ServersOf;
import dev.stockade.policy.ResourceName;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Finds what a person means by {@code name} or {@code namespace/name}; a name that leads nowhere is told with those near it. */
public final class Naming {
    private final Resources resources;

    public Naming(Resources resources) {
        this.resources = requireNonNull(resources);
    }

    /** The agent, in the default namespace if none is named. */
    public AgentIdentity agent(String text) throws UnusableException {
        return one("AgentIdentity", text, resources.defaultNamespaces(), resources::agents);
    }

    /**
     * The server. Without a namespace it is looked for where the agent itself would find it, in the namespaces of its {@code
     * spec.servers}, and then in the default namespace.
     */
    public ResourceName server(String text, AgentIdentity agent) throws UnusableException {
        List<ServersOf> willing = agent.getSpec().servers();
        Set<String> first = willing == null
                ? Set.of(agent.getMetadata().getNamespace())
                : willing.stream().map(ServersOf::namespace).collect(Collectors.toCollection(LinkedHashSet::new));
        List<String> namespaces = new ArrayList<>(first);
        if (!text.contains("/") && first.stream().noneMatch(n -> has(n, text))) {
            namespaces.addAll(resources.defaultNamespaces());
        }
        return ResourceName.of(
                one("SecureMcpServer", text, namespaces.stream().distinct().toList(), resources::servers));
    }

    private boolean has(String namespace, String name) {
        return resources.servers(namespace).stream()
                .anyMatch(s -> s.getMetadata().getName().equals(name));
    }

    private static <T extends HasMetadata> T one(
            String kind, String text, List<String> defaults, Function<String, List<T>> in) throws UnusableException {
        String[] parts = text.split("/", -1);
        if (parts.length > 2 || parts[0].isEmpty() || parts[parts.length - 1].isEmpty()) {
            throw new UnusableException("'" + text + "' is not the name of a resource: write name or namespace/name.");
        }
        String name = parts[parts.length - 1];
        List<String> namespaces = parts.length == 2 ? List.of(parts[0]) : defaults;
        List<T> there = namespaces.stream().flatMap(n -> in.apply(n).stream()).toList();
        List<T> meant = there.stream()
                .filter(one -> one.getMetadata().getName().equals(name)
                        && one.getMetadata().getDeletionTimestamp() == null)
                .toList();
        if (meant.size() == 1) {
            return meant.getFirst();
        }
        if (meant.size() > 1) {
            throw new UnusableException("There are several " + kind + " " + name + ": "
                    + meant.stream().map(Naming::shown).collect(Collectors.joining(", "))
                    + ". Write which one, with its namespace.");
        }
        throw new UnusableException("There is no " + kind + " " + name + where(namespaces) + "."
                + suggestion(name, there.stream().map(Naming::shown).distinct().toList()));
    }

    private static String where(List<String> namespaces) {
        return switch (namespaces.size()) {
            case 0 -> "";
            case 1 -> " in namespace " + namespaces.getFirst();
            default -> " in the namespaces " + String.join(", ", namespaces);
        };
    }

    private static String suggestion(String name, List<String> there) {
        if (there.isEmpty()) {
            return " There is none at all; name another namespace with -n or namespace/name.";
        }
        List<String> near = Nearness.nearest(name, there, one -> one.substring(one.indexOf('/') + 1));
        return near.isEmpty()
                ? " There are: " + there.stream().limit(5).collect(Collectors.joining(", "))
                        + (there.size() > 5 ? ", and " + (there.size() - 5) + " more." : ".")
                : " Did you mean " + String.join(" or ", near) + "?";
    }

    private static String shown(HasMetadata resource) {
        return ResourceName.of(resource).toString();
    }
}
