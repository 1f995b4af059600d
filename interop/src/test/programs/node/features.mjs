// All that a client can do, tried on the fixture: `features.mjs SDK GENERATION URL [denied]`, SDK being sdk1 or sdk2. With
// "denied", the tool, the resource and the prompt that a policy withholds are asked for, and what stays allowed is tried after it.
import { check, digest, expect, refusal, signal } from './report.mjs';

const [sdk, generation, url, mode] = process.argv.slice(2);
const modern = generation === '2026-07-28';
const { made } = await import(`./${sdk}.mjs`);

const asked = [];
const logged = [];
const updated = signal();
const changed = signal();
const { client, transport, connect, version } = made(
  url,
  { sampling: {}, elicitation: {}, roots: { listChanged: true } },
  {
    'sampling/createMessage': (request) => {
      asked.push(`sampling: ${request.params.messages[0].content.text}`);
      return { role: 'assistant', model: 'none', content: { type: 'text', text: 'Good day' } };
    },
    'elicitation/create': (request) => {
      asked.push(`elicitation: ${request.params.message}`);
      const [property] = Object.keys(request.params.requestedSchema.properties);
      return { action: 'accept', content: { [property]: 'Zoë' } };
    },
    'roots/list': () => {
      asked.push('roots');
      return { roots: [{ uri: 'file:///nowhere/at-all', name: 'work' }] };
    },
  },
  {
    'notifications/message': (notice) => logged.push(notice.params.data),
    'notifications/resources/updated': (notice) => updated.fire(notice.params.uri),
    'notifications/tools/list_changed': () => changed.fire('tools'),
  },
  modern,
);

const call = (name, args = {}, options = undefined) =>
  sdk === 'sdk1'
    ? client.callTool({ name, arguments: args }, undefined, options)
    : client.callTool({ name, arguments: args }, options);
const said = async (name, args, options) => (await call(name, args, options)).content[0].text;

await check('begin', async () => {
  await connect();
  return {
    version: version(),
    server: client.getServerVersion(),
    capabilities: client.getServerCapabilities(),
    instructions: client.getInstructions(),
  };
});

if (mode === 'denied') {
  const denied = async (kind, name, tried) => {
    const error = await refusal(tried);
    expect(error.code === -31403, `the code is ${error.code}`);
    expect(error.error.includes(`${kind} '${name}'`), `the message is ${error.error}`);
    expect(error.data?.reason === 'policy_denied' && error.data?.name === name, JSON.stringify(error.data));
  };
  await check('a denied tool', () => denied('tool', 'secret', () => call('secret')));
  await check('a denied resource', () =>
    denied('resource', 'test://pages/5', () => client.readResource({ uri: 'test://pages/5' })),
  );
  await check('a denied prompt', () =>
    denied('prompt', 'test_simple_prompt', () => client.getPrompt({ name: 'test_simple_prompt' })),
  );
  await check('no list shows them', async () => {
    const tools = (await client.listTools()).tools.map((tool) => tool.name);
    expect(tools.includes('echo') && !tools.includes('secret'), tools.join());
    const prompts = (await client.listPrompts()).prompts.map((prompt) => prompt.name);
    expect(prompts.includes('test_prompt_with_image') && !prompts.includes('test_simple_prompt'), prompts.join());
    const last = (await client.listResources({ cursor: '4' })).resources.map((resource) => resource.uri);
    expect(last.includes('test://pages/4') && !last.includes('test://pages/5'), last.join());
  });
  await check('the rest goes on', () => said('echo', { text: 'still here' }));
  await client.close();
  process.exit(0);
}

await check('tools', async () => (await client.listTools()).tools);
await check('resources in pages', async () => {
  const pages = [];
  let cursor;
  do {
    const page = await client.listResources(cursor === undefined ? {} : { cursor });
    pages.push(page.resources.map((resource) => resource.uri));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  expect(pages.flat().length === 9, `the pages are ${JSON.stringify(pages)}`);
  return pages;
});
await check('templates', async () => (await client.listResourceTemplates()).resourceTemplates);
await check('prompts', async () => (await client.listPrompts()).prompts);

await check('a call', () => call('echo', { text: 'grüße, 世界, 😀, \u2028, "quoted" \\ and \u0001' }));
await check('a structured answer', () => call('structured', { city: 'Oslo' }));
await check('an answer of a megabyte', async () => digest(await said('large', { characters: 1_000_000 })));
await check('an argument of a megabyte', async () => digest(await said('echo', { text: 'ü'.repeat(500_000) })));
await check('a tool that fails', () => call('test_error_handling'));
await check('a tool that is missing', () => call('no_such_tool').catch((error) => ({ refused: error.message })));
await check('images, sounds and resources', async () => [
  await call('test_image_content'),
  await call('test_audio_content'),
  await call('test_multiple_content_types'),
]);
await check('forty calls at once', async () => {
  const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => said('echo', { text: `call ${n}` })));
  expect(
    answers.every((answer, n) => answer === `call ${n}`),
    answers.join(),
  );
});

await check('resources', async () => [
  await client.readResource({ uri: 'test://static-text' }),
  await client.readResource({ uri: 'test://static-binary' }),
  await client.readResource({ uri: 'test://template/a1/data' }),
  await client.readResource({ uri: 'test://pages/6' }),
]);
await check('a resource that is missing', () => refusal(() => client.readResource({ uri: 'test://nothing' })));
await check('a prompt', () =>
  client.getPrompt({ name: 'test_prompt_with_arguments', arguments: { arg1: 'one', arg2: 'zwölf' } }),
);
await check('a completion', () =>
  client.complete({
    ref: { type: 'ref/prompt', name: 'test_prompt_with_arguments' },
    argument: { name: 'arg1', value: 'al' },
  }),
);

await check('progress', async () => {
  const steps = [];
  await call('test_tool_with_progress', {}, { onprogress: ({ progress, total }) => steps.push([progress, total]) });
  return steps;
});
await check('a log', async () => {
  if (!modern) {
    await client.setLoggingLevel('debug');
  }
  await call('test_tool_with_logging');
  return logged;
});
await check('what the server asks for, at once', async () => [
  await said('test_input_required_result_multiple_inputs'),
  asked.splice(0).sort(),
]);
await check('what the server asks for, one after the other', async () => [
  await said('test_input_required_result_multi_round'),
  asked.splice(0),
]);
if (!modern) {
  await check('what the server asks for in a call', async () => [
    await said('test_sampling', { prompt: 'Greet' }),
    await said('test_elicitation', { message: 'Who?' }),
    await said('ask_roots'),
    asked.splice(0),
  ]);
}

await check('a notice of a resource', async () => {
  const uri = 'test://watched-resource';
  const listening = modern
    ? await client.listen({ resourceSubscriptions: [uri], toolsListChanged: true })
    : await client.subscribeResource({ uri });
  await said('touch', { uri });
  const seen = await updated.happened;
  if (!modern) {
    await client.unsubscribeResource({ uri });
  }
  await said('test_trigger_tool_change');
  const also = await changed.happened;
  await listening?.close?.();
  return [seen, also];
});
await check('a call that is cancelled', async () => {
  const stop = new AbortController();
  const began = signal();
  const waiting = refusal(() => call('wait', {}, { signal: stop.signal, onprogress: began.fire }));
  await began.happened;
  stop.abort();
  await waiting;
  return said('was_cancelled');
});
if (!modern) {
  await check('a stream that is cut, and taken up again', () => said('test_reconnection'));
}
await check('end', async () => {
  const session = transport.sessionId !== undefined;
  if (session) {
    await transport.terminateSession();
  }
  await client.close();
  return { session };
});
process.exit(0);
