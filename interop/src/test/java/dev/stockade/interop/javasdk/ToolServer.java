package dev.stockade.interop.javasdk;

import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpServerFeatures;
import io.modelcontextprotocol.server.McpSyncServerExchange;
import io.modelcontextprotocol.server.transport.HttpServletStreamableServerTransportProvider;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.Wrapper;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;

/** A server on the Java SDK, in Tomcat: {@code ToolServer PORT}, on loopback, with the path /mcp. */
public final class ToolServer {
    private ToolServer() {}

    public static void main(String[] args) throws LifecycleException {
        HttpServletStreamableServerTransportProvider transport = HttpServletStreamableServerTransportProvider.builder()
                .mcpEndpoint("/mcp")
                .build();
        offer(transport);
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(System.getProperty("java.io.tmpdir"));
        Connector connector = new Connector();
        connector.setPort(Integer.parseInt(args[0]));
        connector.setProperty("address", "127.0.0.1");
        tomcat.setConnector(connector);
        Context context = tomcat.addContext("", System.getProperty("java.io.tmpdir"));
        Wrapper servlet = Tomcat.addServlet(context, "mcp", transport);
        servlet.setAsyncSupported(true);
        servlet.addMapping("/mcp");
        tomcat.start();
        tomcat.getServer().await();
    }

    private static void offer(HttpServletStreamableServerTransportProvider transport) {
        Map<String, Object> text = Map.of("text", Map.of("type", "string"));
        McpServer.sync(transport)
                .serverInfo("java-server", "1.0.0")
                .instructions("Ask for anything.")
                .capabilities(McpSchema.ServerCapabilities.builder()
                        .tools(true)
                        .resources(true, true)
                        .prompts(true)
                        .logging()
                        .build())
                .tools(
                        tool("echo", text, (exchange, request) -> said(argument(request, "text"))),
                        tool(
                                "fail",
                                Map.of(),
                                (exchange, request) -> CallToolResult.builder()
                                        .addTextContent("it failed")
                                        .isError(true)
                                        .build()),
                        tool("log", Map.of(), ToolServer::log),
                        tool("progress", Map.of(), ToolServer::progress),
                        tool("ask", Map.of(), ToolServer::ask))
                .resources(new McpServerFeatures.SyncResourceSpecification(
                        McpSchema.Resource.builder("java://readme", "readme")
                                .mimeType("text/plain")
                                .build(),
                        (exchange, request) -> McpSchema.ReadResourceResult.builder(
                                        List.of(McpSchema.TextResourceContents.builder(request.uri(), "Größe 10, 😀")
                                                .mimeType("text/plain")
                                                .build()))
                                .build()))
                .prompts(new McpServerFeatures.SyncPromptSpecification(
                        McpSchema.Prompt.builder("greet").description("Greets").build(),
                        (exchange, request) -> McpSchema.GetPromptResult.builder(List.of(new McpSchema.PromptMessage(
                                        McpSchema.Role.USER,
                                        TextContent.builder("Hello " + request.arguments())
                                                .build())))
                                .build()))
                .build();
    }

    private static McpServerFeatures.SyncToolSpecification tool(
            String name,
            Map<String, Object> properties,
            BiFunction<McpSyncServerExchange, CallToolRequest, CallToolResult> handler) {
        return McpServerFeatures.SyncToolSpecification.builder()
                .tool(McpSchema.Tool.builder(name, Map.of("type", "object", "properties", properties))
                        .description("The tool " + name)
                        .build())
                .callHandler(handler)
                .build();
    }

    private static CallToolResult said(String text) {
        return CallToolResult.builder().addTextContent(text).build();
    }

    private static String argument(CallToolRequest request, String name) {
        return String.valueOf(request.arguments().get(name));
    }

    private static CallToolResult log(McpSyncServerExchange exchange, CallToolRequest request) {
        for (int n = 1; n <= 3; n++) {
            exchange.loggingNotification(
                    McpSchema.LoggingMessageNotification.builder(McpSchema.LoggingLevel.ERROR, "line " + n)
                            .logger("java")
                            .build());
        }
        return said("logged");
    }

    private static CallToolResult progress(McpSyncServerExchange exchange, CallToolRequest request) {
        for (int n = 1; n <= 3; n++) {
            exchange.progressNotification(
                    McpSchema.ProgressNotification.builder(request.meta().get("progressToken"), n)
                            .total(3.0)
                            .message("step " + n)
                            .build());
        }
        return said("progress was told");
    }

    private static CallToolResult ask(McpSyncServerExchange exchange, CallToolRequest request) {
        McpSchema.CreateMessageResult completed = exchange.createMessage(McpSchema.CreateMessageRequest.builder(
                        List.of(new McpSchema.SamplingMessage(
                                McpSchema.Role.USER,
                                TextContent.builder("Greet").build())),
                        100)
                .build());
        McpSchema.ElicitResult elicited = exchange.createElicitation(McpSchema.ElicitFormRequest.builder(
                        "Who?",
                        Map.of(
                                "type",
                                "object",
                                "properties",
                                Map.of("name", Map.of("type", "string")),
                                "required",
                                List.of("name")))
                .build());
        return said(((TextContent) completed.content()).text() + ", "
                + elicited.content().get("name") + ", "
                + exchange.listRoots().roots().getFirst().uri());
    }
}
