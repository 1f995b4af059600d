package dev.stockade.e2e.workload;

import com.fasterxml.jackson.databind.JsonNode;

/** A session in plain HTTP, for what no SDK would send. */
public record RawSession(Program program, String url, String id) {
    /** What opens a session. */
    public static final String INITIALIZE = """
            {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"raw","version":"1"}}}""";

    /** The headers that MCP asks for, as a JSON object. */
    public static final String HEADERS = """
            {"content-type":"application/json","accept":"application/json, text/event-stream"}""";

    public static RawSession open(Program program, String url) {
        JsonNode answer = program.fact("raw", "http", "POST", url, HEADERS, INITIALIZE);
        if (answer.path("status").asInt() != 200) {
            throw new AssertionError("no session with " + url + ", but " + answer);
        }
        RawSession session = new RawSession(
                program, url, answer.at("/headers/mcp-session-id").asText());
        session.post("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
        return session;
    }

    /** Posts a body as it is. @return {"status", "headers", "body"} */
    public JsonNode post(String body) {
        return program.fact("raw", "http", "POST", url, headers(), body);
    }

    private String headers() {
        return HEADERS.replace(
                "}", ",\"mcp-session-id\":\"%s\",\"mcp-protocol-version\":\"2025-06-18\"}".formatted(id));
    }

    /** The JSON-RPC message of an answer, whether it came plain or as an event. */
    public static JsonNode body(JsonNode answer) {
        String body = answer.path("body").asText();
        String json = body.startsWith("{")
                ? body
                : body.lines()
                        .filter(line -> line.startsWith("data: {"))
                        .map(line -> line.substring("data: ".length()))
                        .findFirst()
                        .orElseThrow(() -> new AssertionError("no message in " + answer));
        return Program.read(json);
    }
}
