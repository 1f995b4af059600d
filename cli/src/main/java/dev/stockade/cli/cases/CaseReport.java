package dev.stockade.cli.cases;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.stockade.cli.question.AnswerText;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The results of all cases, in their order. */
public record CaseReport(List<CaseResult> results) {
    public CaseReport {
        results = List.copyOf(results);
    }

    public long passed() {
        return count(CaseResult.Passed.class);
    }

    public long failed() {
        return count(CaseResult.Failed.class);
    }

    public long unusable() {
        return count(CaseResult.Unusable.class);
    }

    private long count(Class<? extends CaseResult> what) {
        return results.stream().filter(what::isInstance).count();
    }

    /** One line for a case, more where it failed, and the sum. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        results.forEach(result -> lines.addAll(
                switch (result) {
                    case CaseResult.Passed passed -> List.of("ok    " + title(passed));
                    case CaseResult.Failed failed ->
                        Stream.concat(
                                        Stream.of("FAIL  " + title(failed)),
                                        Stream.concat(
                                                        failed.differences().stream(),
                                                        new AnswerText(failed.answer()).lines().stream())
                                                .map(line -> "      " + line))
                                .toList();
                    case CaseResult.Unusable unusable ->
                        List.of("ERROR " + title(unusable), "      " + unusable.sentence());
                }));
        lines.add(passed() + " passed, " + failed() + " failed"
                + (unusable() == 0 ? "" : ", " + unusable() + " cannot be asked"));
        return lines;
    }

    private static String title(CaseResult result) {
        Case one = result.of();
        return one.place().source() + ":" + one.place().line() + ": " + one.title() + ": "
                + one.expected().get(Expectation.DECISION);
    }

    /** For programs; the form is documented in {@code docs/cli.md}. */
    public ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("passed", passed()).put("failed", failed()).put("unusable", unusable());
        for (CaseResult result : results) {
            Case one = result.of();
            ObjectNode entry = json.withArray("cases").addObject();
            entry.put("file", one.place().source()).put("line", one.place().line());
            entry.put("title", one.title());
            switch (result) {
                case CaseResult.Passed passed -> {
                    entry.put("result", "passed");
                    entry.set("answer", new AnswerText(passed.answer()).json());
                }
                case CaseResult.Failed failed -> {
                    entry.put("result", "failed");
                    failed.differences().forEach(entry.withArray("differences")::add);
                    entry.set("answer", new AnswerText(failed.answer()).json());
                }
                case CaseResult.Unusable unusable ->
                    entry.put("result", "unusable").put("error", unusable.sentence());
            }
        }
        return json;
    }

    /** In the XML of JUnit, which CI systems show: a file of cases is a suite's class, a case a test. */
    public String junit() {
        StringBuilder xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        xml.append("<testsuite name=\"kubectl stockade policy test\" tests=\"")
                .append(results.size())
                .append("\" failures=\"")
                .append(failed())
                .append("\" errors=\"")
                .append(unusable())
                .append("\">\n");
        for (CaseResult result : results) {
            Case one = result.of();
            xml.append("  <testcase classname=\"").append(escaped(one.place().source()));
            xml.append("\" name=\"").append(escaped(one.title())).append("\" line=\"");
            xml.append(one.place().line()).append("\">");
            switch (result) {
                case CaseResult.Passed passed -> {}
                case CaseResult.Failed failed ->
                    xml.append("\n    <failure message=\"")
                            .append(escaped(String.join("; ", failed.differences())))
                            .append("\">")
                            .append(escaped(String.join("\n", new AnswerText(failed.answer()).lines())))
                            .append("</failure>\n  ");
                case CaseResult.Unusable unusable ->
                    xml.append("\n    <error message=\"")
                            .append(escaped(unusable.sentence()))
                            .append("\"/>\n  ");
            }
            xml.append("</testcase>\n");
        }
        return xml.append("</testsuite>\n").toString();
    }

    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        text.codePoints().forEach(c -> {
            switch (c) {
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '&' -> escaped.append("&amp;");
                case '"' -> escaped.append("&quot;");
                case '\n' -> escaped.append("&#10;");
                default -> escaped.appendCodePoint(inXml(c) ? c : 0xfffd);
            }
        });
        return escaped.toString();
    }

    /** XML 1.0 has no place for most control characters, for surrogates that stand alone, and for U+FFFE and U+FFFF. */
    private static boolean inXml(int c) {
        boolean surrogate = c >= 0xd800 && c < 0xe000;
        return c >= 0x20 && !surrogate && c != 0xfffe && c != 0xffff;
    }
}
