package dev.stockade.operator.admission;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.fixture.Ports;
import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.operator.MovingClock;
import dev.stockade.operator.authority.Authorities;
import dev.stockade.operator.authority.Authorities.Foreign;
import dev.stockade.operator.control.ReplicaTls;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Replicas of two releases, or of one that know other roots, each of which is asked about what the other has injected. */
class OtherReplicasTest {
    private static final String DOMAIN = "test.local";
    private static final SidecarTemplate YOUNG = Fixtures.TEMPLATE;
    private static final SidecarTemplate OLD =
            template("example.test/stockade-sidecar:0", YOUNG.trustBundle(), "0.1.0");

    private final Clock clock = new MovingClock();
    private final Foreign authority;
    private final int port = Ports.next();
    private final List<AutoCloseable> running = new ArrayList<>();
    private int last;

    OtherReplicasTest() throws Exception {
        authority = new Foreign(clock);
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable one : running) {
            one.close();
        }
    }

    private static SidecarTemplate template(String image, String trustBundle, String release) {
        return new SidecarTemplate(
                image,
                YOUNG.pullPolicy(),
                YOUNG.resources(),
                YOUNG.operator(),
                YOUNG.trustDomain(),
                trustBundle,
                YOUNG.clusterDomain(),
                release);
    }

    private InetAddress next() {
        return InetAddress.ofLiteral("127.0.7." + ++last);
    }

    /** @param others where this one asks */
    private InetAddress replica(SidecarTemplate template, X509ExtendedKeyManager keys, OtherReplicas others) {
        InetAddress address = next();
        WebhookServer server = WebhookServer.of(
                new InetSocketAddress(address, port),
                keys,
                (namespace, pod) -> Membership.none(),
                () -> template,
                others,
                Fixtures.YAML,
                new SimpleMeterRegistry());
        server.start();
        running.add(server);
        return address;
    }

    private InetAddress replica(SidecarTemplate template) throws Exception {
        return replica(template, operatorOf(authority), LoneReplica.OTHERS);
    }

    private OtherReplicas asking(InetAddress... replicas) {
        return new OtherReplicas(
                () -> List.of(replicas), port, ReplicaTls.client(() -> authority.trust(1), DOMAIN, clock));
    }

    private static X509ExtendedKeyManager operatorOf(Foreign authority) throws Exception {
        KeyPair keys = Authorities.newKey();
        return keys(keys, authority.operator(keys.getPublic(), DOMAIN));
    }

    private static X509ExtendedKeyManager keys(KeyPair keys, List<X509Certificate> chain) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("it", keys.getPrivate(), new char[0], chain.toArray(new X509Certificate[0]));
        KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
        factory.init(store, new char[0]);
        return (X509ExtendedKeyManager) factory.getKeyManagers()[0];
    }

    private static Pod injectedBy(SidecarTemplate template) {
        Pod pod = Fixtures.podWith("ports: [{containerPort: 8080}]");
        InjectionPlan plan = new InjectionPlan("tools", template, new ProbeScope.All(), List.of());
        return ((PodMutator.Outcome.Injected) PodMutator.inject(pod, plan)).pod();
    }

    private static AdmissionRequest created(Pod pod) {
        return new AdmissionRequest(
                "u-1",
                "CREATE",
                "Pod",
                "",
                "tools",
                Optional.of(Fixtures.YAML.convertValue(pod, JsonNode.class)),
                Optional.empty());
    }

    /** What a replica of the young release answers the API server. */
    private static Verdict verdict(Pod pod, OtherReplicas others) {
        return new PodValidation((namespace, one) -> Membership.none(), () -> YOUNG, others::claim, Fixtures.YAML)
                .review(created(pod));
    }

    private static void assertRefused(Verdict verdict, String why) {
        assertThat(verdict)
                .isInstanceOfSatisfying(
                        Verdict.Denied.class,
                        denied -> assertThat(denied.sentence()).contains(why));
    }

    @Test
    void whatAReplicaOfTheFormerReleaseHasInjectedIsTaken() throws Exception {
        assertRefused(verdict(injectedBy(OLD), asking()), "is of release 0.1.0, and this operator is of release 0.2.0");

        assertThat(verdict(injectedBy(OLD), asking(replica(OLD)))).isInstanceOf(Verdict.Allowed.class);
    }

    @Test
    void whatAReplicaHasInjectedThatKnowsTheNextRootAlreadyIsTaken() throws Exception {
        SidecarTemplate ahead = template(YOUNG.image(), YOUNG.trustBundle().repeat(2), YOUNG.release());
        assertRefused(verdict(injectedBy(ahead), asking()), "env STOCKADE_TRUST_BUNDLE");

        assertThat(verdict(injectedBy(ahead), asking(replica(ahead)))).isInstanceOf(Verdict.Allowed.class);
    }

    @Test
    void whatNoneOfThemHasInjectedIsRefused() throws Exception {
        OtherReplicas others = asking(replica(OLD), replica(YOUNG));

        assertRefused(
                verdict(injectedBy(template("example.test/evil:1", YOUNG.trustBundle(), "0.1.0")), others),
                "is of release 0.1.0");
        assertRefused(
                verdict(injectedBy(template("example.test/evil:1", YOUNG.trustBundle(), "0.2.0")), others), "(image)");
    }

    @Test
    void nobodyIsAskedAboutWhatHoldsForEveryPod() {
        AtomicInteger asked = new AtomicInteger();
        PodValidation validation = new PodValidation(
                (namespace, one) -> Membership.none(), () -> YOUNG, _ -> asked.incrementAndGet() > 0, Fixtures.YAML);
        Pod onTheNode = new PodBuilder(injectedBy(OLD))
                .editSpec()
                .withHostNetwork(true)
                .endSpec()
                .build();

        assertRefused(validation.review(created(onTheNode)), "hostNetwork");
        assertRefused(
                validation.review(created(Fixtures.podWith("ports: [{containerPort: 8080}]"))), "has no container");
        assertThat(asked).hasValue(0);
        assertThat(validation.review(created(injectedBy(OLD)))).isInstanceOf(Verdict.Allowed.class);
        assertThat(asked).hasValue(1);
    }

    @Test
    void whoIsNotTheOperatorIsNotBelieved() throws Exception {
        KeyPair keys = Authorities.newKey();
        SpiffeId agent = new SpiffeId(DOMAIN, "agents", WorkloadKind.AGENT, "triage");
        BoundPod bound = new BoundPod("agents", "triage-1", "0b7e", 42);
        InetAddress workload = replica(
                OLD,
                keys(keys, authority.workload(keys.getPublic(), agent, bound, Duration.ofHours(1))),
                LoneReplica.OTHERS);
        InetAddress operatorOfAnotherMesh = replica(OLD, operatorOf(new Foreign(clock)), LoneReplica.OTHERS);
        InetAddress anybody = replica(OLD, new ServingCertificate().keyManager(), LoneReplica.OTHERS);

        for (InetAddress liar : List.of(workload, operatorOfAnotherMesh, anybody)) {
            assertRefused(verdict(injectedBy(OLD), asking(liar)), "is of release 0.1.0");
        }
        assertThat(verdict(injectedBy(OLD), asking(workload, operatorOfAnotherMesh, anybody, replica(OLD))))
                .isInstanceOf(Verdict.Allowed.class);
    }

    @Test
    void aReplicaThatIsSilentOrGoneIsNotWaitedForIfAnotherAnswersAndRefusesIfNoneDoes() throws Exception {
        InetAddress silent = next();
        running.add(new ServerSocket(port, 5, silent));
        InetAddress gone = next();

        assertRefused(verdict(injectedBy(OLD), asking(silent, gone)), "is of release 0.1.0");
        assertThat(verdict(injectedBy(OLD), asking(silent, gone, replica(OLD)))).isInstanceOf(Verdict.Allowed.class);
    }

    @Test
    void aReplicaThatIsAskedAsksNobody() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        InetAddress other = replica(
                YOUNG,
                operatorOf(authority),
                new OtherReplicas(
                        () -> {
                            asked.incrementAndGet();
                            return List.of();
                        },
                        port,
                        ReplicaTls.client(() -> authority.trust(1), DOMAIN, clock)));

        assertRefused(verdict(injectedBy(OLD), asking(other)), "is of release 0.1.0");
        assertThat(asked).hasValue(0);
    }

    /** More at once than each of the two has places for: they would wait for each other, and refuse all. */
    @Test
    void twoThatAskEachOtherAboutManyPodsAtOnceTakeThemAll() throws Exception {
        InetAddress first = InetAddress.ofLiteral("127.0.7.1");
        InetAddress second = InetAddress.ofLiteral("127.0.7.2");
        replica(YOUNG, operatorOf(authority), asking(second));
        replica(OLD, operatorOf(authority), asking(first));
        List<Callable<Boolean>> questions = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            questions.add(() -> reviewedAt(first, injectedBy(OLD)));
            questions.add(() -> reviewedAt(second, injectedBy(YOUNG)));
        }

        try (ExecutorService threads = Executors.newFixedThreadPool(questions.size())) {
            for (Future<Boolean> taken : threads.invokeAll(questions)) {
                assertThat(taken.get()).isTrue();
            }
        }
    }

    /** As the API server asks. */
    private boolean reviewedAt(InetAddress replica, Pod pod) throws Exception {
        try (var client = HttpClient.newBuilder()
                .sslContext(ReplicaTls.client(() -> authority.trust(1), DOMAIN, clock))
                .build()) {
            var answer = client.send(
                    HttpRequest.newBuilder(
                                    URI.create("https://" + replica.getHostAddress() + ":" + port + OtherReplicas.PATH))
                            .POST(HttpRequest.BodyPublishers.ofByteArray(AdmissionReviews.write(created(pod))))
                            .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
            return AdmissionReviews.allows("u-1", answer.body());
        }
    }

    @Test
    void onlyAPlainYesToThisQuestionIsOne() {
        assertThat(allows("{'response':{'uid':'u-1','allowed':true}}")).isTrue();
        assertThat(List.of(
                        "{'response':{'uid':'u-2','allowed':true}}",
                        "{'response':{'uid':'u-1','allowed':false}}",
                        "{'response':{'uid':'u-1','allowed':'true'}}",
                        "{'response':{'uid':'u-1','allowed':true,'patchType':'JSONPatch','patch':'W10='}}",
                        "{'response':{'uid':'u-1'}}",
                        "{'response':{'allowed':true}}",
                        "{'response':{'uid':'u-1','allowed':false,'allowed':true}}",
                        "{'response':{'uid':'u-1','allowed':true}} {}",
                        "[]",
                        "null",
                        ""))
                .noneMatch(OtherReplicasTest::allows);
    }

    private static boolean allows(String body) {
        return AdmissionReviews.allows("u-1", body.replace('\'', '"').getBytes(UTF_8));
    }
}
