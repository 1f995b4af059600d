package dev.stockade.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class StatusPageTest {
    private final StatusPage page = StatusPage.read();

    @Test
    void everyReasonThatTheCodeKnowsStandsOnThePageAndNoOther() {
        assertThat(page.reasons())
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(Reason.values())
                        // Holds Ready back and is no condition's own.
                        .filter(reason -> reason != Reason.RESOLVED)
                        .map(Reason::word)
                        .toList());
    }

    @Test
    void everyReasonOfAnEventStandsOnThePageWithItsTypeAndNoOther() {
        assertThat(page.events())
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(EventReason.values())
                        .map(reason -> reason.word() + " " + (reason.warning() ? "Warning" : "Normal"))
                        .toList());
    }
}
