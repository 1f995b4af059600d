// Everything that a server has to offer, asked for by a client of the TypeScript SDK, 1.x: `survey.mjs URL TASK`.
// TASK is JSON: calls [[tool, arguments]...], prompts [[prompt, arguments]...], missing [uri...] that it
// has not; what a server lists is read, too.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { check, digest, expect, refusal } from './report.mjs';

const [url, json] = process.argv.slice(2);
const task = { calls: [], prompts: [], missing: [], ...JSON.parse(json ?? '{}') };

const client = new Client({ name: 'survey', version: '1.0.0' }, { capabilities: {} });
const transport = new StreamableHTTPClientTransport(new URL(url));

async function pages(list, key) {
  const all = [];
  let cursor;
  do {
    const page = await list(cursor === undefined ? {} : { cursor });
    all.push(...page[key]);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return all;
}

await check('initialize', async () => {
  await client.connect(transport);
  return {
    server: client.getServerVersion(),
    capabilities: client.getServerCapabilities(),
    instructions: client.getInstructions() ?? null,
    version: transport.protocolVersion,
  };
});
const offers = client.getServerCapabilities() ?? {};
await check('ping', () => client.ping());

if (offers.tools) {
  await check('tools/list', async () => {
    const tools = await pages((page) => client.listTools(page), 'tools');
    expect(tools.length > 0, 'no tool is listed');
    return tools;
  });
}
for (const [name, args] of task.calls) {
  await check(`tools/call ${name}`, async () => {
    const result = await client.callTool({ name, arguments: args });
    return JSON.parse(JSON.stringify(result), (_key, value) => (typeof value === 'string' ? digest(value) : value));
  });
}
if (offers.resources) {
  let resources = [];
  await check('resources/list', async () => {
    resources = await pages((page) => client.listResources(page), 'resources');
    return resources;
  });
  await check('resources/templates/list', () =>
    pages((page) => client.listResourceTemplates(page), 'resourceTemplates'),
  );
  for (const uri of resources.map((resource) => resource.uri).slice(0, 20)) {
    await check(`resources/read ${uri}`, () => client.readResource({ uri }));
  }
  for (const uri of task.missing) {
    await check(`resources/read ${uri}, which is missing`, () => refusal(() => client.readResource({ uri })));
  }
}
if (offers.prompts) {
  await check('prompts/list', () => pages((page) => client.listPrompts(page), 'prompts'));
  for (const [name, args] of task.prompts) {
    await check(`prompts/get ${name}`, () => client.getPrompt({ name, arguments: args }));
  }
}
await check('session end', async () => {
  const session = transport.sessionId !== undefined;
  await transport.terminateSession();
  await client.close();
  return { session, left: transport.sessionId ?? null };
});
