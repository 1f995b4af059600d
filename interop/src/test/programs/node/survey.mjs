// Everything that a server has to offer, asked for by a client of the TypeScript SDK, 1.x: `survey.mjs URL TASK`.
// TASK is JSON: calls [[tool, arguments, "refused" if it is to be]...], prompts [[prompt, arguments]...], missing [uri...] that it
// has not, logs, the number of lines of its log that are waited for; what a server lists is read, too.
import { check, digest, expect, refusal, signal } from './report.mjs';
import { made } from './sdk1.mjs';

const [url, json] = process.argv.slice(2);
const task = { calls: [], prompts: [], missing: [], logs: 0, ...JSON.parse(json ?? '{}') };

const logged = [];
const allLogged = signal();
const { client, transport, connect, version } = made(
  url,
  { sampling: {}, elicitation: {}, roots: { listChanged: true } },
  {
    'sampling/createMessage': () => ({ role: 'assistant', model: 'none', content: { type: 'text', text: 'Good day' } }),
    'elicitation/create': () => ({ action: 'accept', content: { name: 'Zoë' } }),
    // One that is not there: the server of files would take another for its own, sooner or later.
    'roots/list': () => ({ roots: [{ uri: 'file:///nowhere/at-all', name: 'work' }] }),
  },
  {
    'notifications/message': (notice) => {
      if (logged.push(notice.params.data) === task.logs) {
        allLogged.fire();
      }
    },
  },
);

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
  await connect();
  return {
    server: client.getServerVersion(),
    capabilities: client.getServerCapabilities(),
    instructions: client.getInstructions() ?? null,
    version: version(),
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
for (const [name, args, refused] of task.calls) {
  await check(`tools/call ${name}`, async () => {
    const progress = [];
    const options = { onprogress: (step) => progress.push(step.progress) };
    const call = () => client.callTool({ name, arguments: args }, undefined, options);
    if (refused) {
      return refusal(call);
    }
    const result = await call();
    const short = (_key, value) => (typeof value === 'string' ? digest(value) : value);
    return { result: JSON.parse(JSON.stringify(result), short), progress };
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
if (task.logs > 0) {
  await check('log', async () => {
    await allLogged.happened;
    return logged.sort();
  });
}
await check('session end', async () => {
  const session = transport.sessionId !== undefined;
  await transport.terminateSession();
  await client.close();
  return { session, left: transport.sessionId ?? null };
});
