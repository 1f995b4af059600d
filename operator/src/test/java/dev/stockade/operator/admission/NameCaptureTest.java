package dev.stockade.operator.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.policy.ServicePort;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NameCaptureTest {
    private static NameCapture plan(List<ServicePort> services, Set<Integer> ports, Set<String> names) {
        return NameCapture.plan(services, "agents", "cluster.local", ports, names);
    }

    @Test
    void twoPortsOfAServiceShareAnAddress() {
        NameCapture capture = plan(
                List.of(new ServicePort("tools", "web", 80), new ServicePort("tools", "web", 81)), Set.of(), Set.of());

        assertThat(capture.addresses().values()).hasSize(2).allMatch(a -> a.startsWith("127.77."));
        assertThat(Set.copyOf(capture.addresses().values())).hasSize(1);
        assertThat(capture.aliases()).hasSize(1);
    }

    @Test
    void anAddressDoesNotDependOnTheOtherServices() {
        ServicePort web = new ServicePort("tools", "web", 80);

        NameCapture alone = plan(List.of(web), Set.of(), Set.of());
        NameCapture together = plan(List.of(new ServicePort("tools", "a", 80), web), Set.of(), Set.of());

        assertThat(together.addresses()).containsAllEntriesOf(alone.addresses());
    }

    @Test
    void manyServicesEachHaveAnAddressOfTheirOwn() {
        List<ServicePort> services = IntStream.range(0, 3000)
                .mapToObj(i -> new ServicePort("tools", "service-" + i, 80))
                .toList();

        NameCapture capture = plan(services, Set.of(), Set.of());

        assertThat(Set.copyOf(capture.addresses().values())).hasSize(3000).doesNotContain("127.77.0.0");
    }

    @Test
    void aPortThatThePodDeclaresIsNotCaptured() {
        NameCapture capture = plan(List.of(new ServicePort("tools", "web", 8080)), Set.of(8080), Set.of());

        assertThat(capture.addresses()).isEmpty();
        assertThat(capture.aliases()).isEmpty();
    }

    @Test
    void aNameThatThePodGaveAnAddressIsLeftToIt() {
        NameCapture capture = plan(List.of(new ServicePort("agents", "web", 80)), Set.of(), Set.of("web"));

        assertThat(capture.aliases().getFirst().getHostnames())
                .containsExactly("web.agents", "web.agents.svc", "web.agents.svc.cluster.local");
    }
}
