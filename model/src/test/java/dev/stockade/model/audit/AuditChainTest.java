package dev.stockade.model.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.model.audit.AuditEvent.Measures;
import dev.stockade.model.audit.AuditEvent.Outcome;
import dev.stockade.model.audit.AuditEvent.Parties;
import dev.stockade.model.audit.AuditEvent.Phase;
import dev.stockade.model.audit.AuditEvent.Ruling;
import dev.stockade.model.audit.AuditEvent.Subject;
import dev.stockade.model.audit.AuditEvent.Verdict;
import dev.stockade.model.json.JsonText;
import dev.stockade.model.policy.Decision.RuleReference;
import dev.stockade.model.policy.Reason;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

class AuditChainTest {
    private static final SecretKeySpec KEY = new SecretKeySpec("0123456789abcdef".getBytes(UTF_8), "HmacSHA256");
    private static final Instant TIME = Instant.parse("2026-07-28T01:02:03.000456789Z");

    private static AuditEvent event(String name) {
        return new AuditEvent(
                TIME,
                new UUID(1, 2),
                Phase.DECISION,
                new Parties("spiffe://a/ns/b/agent/c", "b/c-0", "tools/github", "tools/github-0"),
                new Subject("tools/call", "tool", name),
                new Ruling(
                        Verdict.DENY,
                        Optional.of(Reason.POLICY_DENIED),
                        Optional.of(new RuleReference("tools/reads", "deny[2]"))),
                Optional.empty(),
                7,
                RecordedArguments.full(KEY, ByteBuffer.wrap("{\"a\":\n1}".getBytes(UTF_8))),
                Measures.received(12),
                "0af7651916cd43dd8448eb211c80319c",
                "abcd");
    }

    private static List<String> lines(int count) {
        AuditChain chain = new AuditChain("boot-1");
        JsonText out = new JsonText(16);
        for (int i = 0; i < count; i++) {
            chain.append(event("t" + i), out);
        }
        return new ArrayList<>(new String(out.toByteArray(), UTF_8).lines().toList());
    }

    @Test
    void aLineHasEveryFieldInItsPlace() {
        assertThat(lines(1))
                .containsExactly("{\"log\":\"audit\",\"time\":\"2026-07-28T01:02:03.000456Z\","
                        + "\"id\":\"00000000-0000-0001-0000-000000000002\",\"phase\":\"decision\",\"boot\":\"boot-1\","
                        + "\"seq\":1,\"prev\":\"" + "0".repeat(64) + "\",\"agent\":\"spiffe://a/ns/b/agent/c\","
                        + "\"agentPod\":\"b/c-0\",\"server\":\"tools/github\",\"serverPod\":\"tools/github-0\","
                        + "\"method\":\"tools/call\",\"kind\":\"tool\",\"name\":\"t0\",\"decision\":\"deny\","
                        + "\"reason\":\"policy_denied\",\"policy\":\"tools/reads\",\"rule\":\"deny[2]\",\"generation\":7,"
                        + "\"arguments\":{\"a\": 1},\"requestBytes\":12,"
                        + "\"traceId\":\"0af7651916cd43dd8448eb211c80319c\",\"session\":\"abcd\"}");
    }

    @Test
    void theOutcomeRepeatsTheAttemptWithoutItsArguments() throws Exception {
        JsonText out = new JsonText(16);
        new AuditChain("b")
                .append(event("t").outcome(TIME, new Measures(12, 34, 56, Optional.of(Outcome.TOOL_ERROR))), out);

        JsonNode line = new ObjectMapper().readTree(out.toByteArray());

        assertThat(line.get("phase").asText()).isEqualTo("outcome");
        assertThat(line.get("name").asText()).isEqualTo("t");
        assertThat(line.has("arguments")).isFalse();
        assertThat(line.get("responseBytes").asInt()).isEqualTo(34);
        assertThat(line.get("durationMicros").asInt()).isEqualTo(56);
        assertThat(line.get("outcome").asText()).isEqualTo("tool_error");
    }

    @Test
    void anyNameStaysOnOneLineAndIsReadBack() throws Exception {
        String name = "a\"b\\c\n\r\t\u0000\u001f\u007f\u2028é\ud83d\ude00";
        JsonText out = new JsonText(16);

        new AuditChain("b").append(event(name), out);

        String text = new String(out.toByteArray(), UTF_8);
        assertThat(text.indexOf('\n')).isEqualTo(text.length() - 1);
        assertThat(new ObjectMapper().readTree(text).get("name").asText()).isEqualTo(name);
    }

    @Test
    void aWholeChainVerifiesFromAnyLineOn() {
        List<String> lines = lines(5);

        assertThat(AuditChain.fault(lines)).isEmpty();
        assertThat(AuditChain.fault(lines.subList(2, 5))).isEmpty();
        assertThat(AuditChain.fault(List.of())).isEmpty();
    }

    @Test
    void aCutAChangeAndAMoveShow() {
        List<String> cut = lines(5);
        cut.remove(2);
        List<String> changed = lines(5);
        changed.set(2, changed.get(2).replace("\"deny\"", "\"allow\""));
        List<String> moved = lines(5);
        moved.add(1, moved.remove(3));
        List<String> renumbered = lines(5);
        renumbered.remove(2);
        renumbered.set(2, renumbered.get(2).replace("\"seq\":4", "\"seq\":3"));
        List<String> foreign = lines(2);
        foreign.set(1, foreign.get(1).replace("boot-1", "boot-2"));

        assertThat(AuditChain.fault(cut)).hasValueSatisfying(s -> assertThat(s).contains("line 3", "missing"));
        assertThat(AuditChain.fault(changed))
                .hasValueSatisfying(s -> assertThat(s).contains("line 4", "changed"));
        assertThat(AuditChain.fault(moved)).isPresent();
        assertThat(AuditChain.fault(renumbered))
                .hasValueSatisfying(s -> assertThat(s).contains("changed"));
        assertThat(AuditChain.fault(foreign))
                .hasValueSatisfying(s -> assertThat(s).contains("another process"));
    }

    @Test
    void argumentsAreDigestedWithTheKey() {
        ByteBuffer json = ByteBuffer.wrap("Hi There".getBytes(UTF_8));
        byte[] key = new byte[20];
        Arrays.fill(key, (byte) 0x0b);

        // RFC 4231, test case 1.
        assertThat(RecordedArguments.digest(new SecretKeySpec(key, "HmacSHA256"), json))
                .isEqualTo(new RecordedArguments.Digest(
                        "hmac-sha256:b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
        assertThat(json.remaining()).isEqualTo(8);
    }

    @Test
    void argumentsTooLongForALineAreDigested() {
        assertThat(RecordedArguments.full(KEY, ByteBuffer.allocate(RecordedArguments.LONGEST + 1)))
                .isInstanceOf(RecordedArguments.Digest.class);
    }

    @Test
    void idsAreOfVersionSevenAndSortByTime() {
        Random random = new Random(1);
        UUID first = UuidV7.at(TIME, random);
        UUID second = UuidV7.at(TIME.plusMillis(1), random);

        assertThat(first.version()).isEqualTo(7);
        assertThat(first.variant()).isEqualTo(2);
        assertThat(first.getMostSignificantBits() >>> 16).isEqualTo(TIME.toEpochMilli());
        assertThat(first.toString()).isLessThan(second.toString());
    }

    @Test
    void theLinesOfCertificatesAreInTheSameChain() throws Exception {
        // Given a certificate, a refusal, and refusals that are only counted
        AuditChain chain = new AuditChain("boot-1");
        JsonText out = new JsonText(16);
        chain.append(
                signing("a/p", Verdict.ALLOW, "", 0, Optional.of(new SigningEvent.Issued("1f", TIME.plusSeconds(60)))),
                out);
        chain.append(signing("a/p", Verdict.DENY, "other_address", 0, Optional.empty()), out);
        chain.append(signing("", Verdict.DENY, "no_token", 37, Optional.empty()), out);
        // Then
        List<String> lines = new String(out.toByteArray(), UTF_8).lines().toList();
        assertThat(AuditChain.fault(lines)).isEmpty();
        JsonNode issued = new ObjectMapper().readTree(lines.getFirst());
        assertThat(issued.path("method").asText()).isEqualTo("stockade/Sign");
        assertThat(issued.path("decision").asText()).isEqualTo("allow");
        assertThat(issued.path("agentPod").asText()).isEqualTo("a/p");
        assertThat(issued.path("certificate").asText()).isEqualTo("1f");
        assertThat(issued.path("until").asText()).isEqualTo("2026-07-28T01:03:03.000456Z");
        assertThat(issued.has("count")).isFalse();
        JsonNode refused = new ObjectMapper().readTree(lines.get(1));
        assertThat(refused.path("decision").asText()).isEqualTo("deny");
        assertThat(refused.path("reason").asText()).isEqualTo("other_address");
        assertThat(refused.path("why").asText()).isEqualTo("a \"sentence\".");
        assertThat(refused.has("until")).isFalse();
        assertThat(new ObjectMapper().readTree(lines.get(2)).path("count").asLong())
                .isEqualTo(37);
        // When a line in between is taken out
        List<String> cut = List.of(lines.get(0), lines.get(2));
        assertThat(AuditChain.fault(cut)).isPresent();
    }

    private static SigningEvent signing(
            String pod, Verdict verdict, String reason, long count, Optional<SigningEvent.Issued> certificate) {
        return new SigningEvent(
                TIME,
                new UUID(3, 4),
                "",
                pod,
                "10.0.0.1",
                "token",
                verdict,
                reason,
                reason.isEmpty() ? "" : "a \"sentence\".",
                count,
                certificate);
    }
}
