package dev.stockade.model.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.model.mcp.OwnerMarks.Kind;
import dev.stockade.model.mcp.OwnerMarks.Purpose;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnerMarksTest {
    static final SpiffeId TRIAGE = new SpiffeId("stockade.local", "agents", WorkloadKind.AGENT, "triage");
    static final SpiffeId OTHER = new SpiffeId("stockade.local", "agents", WorkloadKind.AGENT, "other");
    private static final Purpose CALL = new Purpose("tools/call", "get_issue");

    private final OwnerMarks marks = marks(1);

    static OwnerMarks marks(int key) {
        byte[] bytes = new byte[32];
        bytes[31] = (byte) key;
        return new OwnerMarks(new SecretKeySpec(bytes, "HmacSHA256"));
    }

    private String given(String value) {
        return value + marks.mark(Kind.REQUEST_STATE, TRIAGE, CALL, value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "786512e2-9e0d-44bd-8f29-789f320fe840", "\u00fc \"\\ \ud83d\ude00\n", ".st1."})
    void whatWasHandedOutComesBackOnAnyReplica(String value) {
        assertThat(marks(1).unmarked(Kind.REQUEST_STATE, TRIAGE, CALL, given(value)))
                .contains(value);
        assertThat(given(value)).startsWith(value).hasSize(value.length() + OwnerMarks.LENGTH);
        assertThat(given(value).substring(value.length())).matches("\\.st1\\.[A-Za-z0-9_-]{43}");
    }

    @Test
    void nobodyElseBringsItBackNorForAnythingElse() {
        String given = given("x");
        assertThat(marks.unmarked(Kind.REQUEST_STATE, OTHER, CALL, given)).isEmpty();
        assertThat(marks.unmarked(Kind.TASK, TRIAGE, CALL, given)).isEmpty();
        assertThat(marks.unmarked(Kind.REQUEST_STATE, TRIAGE, new Purpose("tools/call", "get_file"), given))
                .isEmpty();
        assertThat(marks.unmarked(Kind.REQUEST_STATE, TRIAGE, new Purpose("prompts/get", "get_issue"), given))
                .isEmpty();
        assertThat(marks.unmarked(Kind.REQUEST_STATE, TRIAGE, new Purpose("tools/callget", "_issue"), given))
                .isEmpty();
        assertThat(marks(2).unmarked(Kind.REQUEST_STATE, TRIAGE, CALL, given)).isEmpty();
    }

    @Test
    void whatWasChangedOrCutAnywhereIsNotKnown() {
        String given = given("value");
        for (int i = 0; i < given.length(); i++) {
            String changed = given.substring(0, i) + (given.charAt(i) == 'A' ? 'B' : 'A') + given.substring(i + 1);
            assertThat(marks.unmarked(Kind.REQUEST_STATE, TRIAGE, CALL, changed))
                    .as(changed)
                    .isEmpty();
            assertThat(marks.unmarked(Kind.REQUEST_STATE, TRIAGE, CALL, given.substring(0, i)))
                    .isEmpty();
            assertThat(marks.unmarked(Kind.REQUEST_STATE, TRIAGE, CALL, given.substring(i + 1)))
                    .isEmpty();
        }
        assertThat(marks.unmarked(Kind.REQUEST_STATE, TRIAGE, CALL, given + "="))
                .isEmpty();
        assertThat(marks.unmarked(Kind.REQUEST_STATE, TRIAGE, CALL, given + given.substring(5)))
                .isEmpty();
    }
}
