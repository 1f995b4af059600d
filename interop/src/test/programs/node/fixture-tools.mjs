// The fixture's tools: those whose names begin with test_ and json_ are asked for by the conformance suites.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  fromJsonSchema,
  inputRequired,
  ProtocolError,
  ProtocolErrorCode,
} from '@modelcontextprotocol/server';

export const IMAGE =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const AUDIO = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

const text = (words) => ({ type: 'text', text: words });
const says = (words) => ({ content: [text(words)] });
const string = (description) => ({ type: 'string', description });
const takes = (properties = {}, required = Object.keys(properties)) => ({ type: 'object', properties, required });
const form = (message, properties, required = Object.keys(properties)) => ({
  message,
  requestedSchema: { type: 'object', properties, required },
});
const form1 = (message, name, type) => inputRequired.elicit(form(message, { [name]: { type } }));
const prompt = (words, maxTokens = 100) =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: text(words) }], maxTokens });

/** Asks the client in the legacy way, on the stream of the call. */
const ask = async (ctx, method, params, told) => {
  try {
    return says(told(await ctx.mcpReq.send({ method, params })));
  } catch (error) {
    return says(`refused: ${error.code} ${error.message}`);
  }
};
const elicited = (answer) => `action=${answer.action}, content=${JSON.stringify(answer.content ?? {})}`;

const plain = {
  test_simple_text: ['One text', takes(), () => says('This is a simple text response for testing.')],
  test_image_content: [
    'One image',
    takes(),
    () => ({ content: [{ type: 'image', data: IMAGE, mimeType: 'image/png' }] }),
  ],
  test_audio_content: [
    'One sound',
    takes(),
    () => ({ content: [{ type: 'audio', data: AUDIO, mimeType: 'audio/wav' }] }),
  ],
  test_embedded_resource: [
    'One resource inside',
    takes(),
    () => ({
      content: [
        {
          type: 'resource',
          resource: { uri: 'test://embedded-resource', mimeType: 'text/plain', text: 'An embedded resource.' },
        },
      ],
    }),
  ],
  test_multiple_content_types: [
    'Text, image and resource',
    takes(),
    () => ({
      content: [
        text('Several kinds:'),
        { type: 'image', data: IMAGE, mimeType: 'image/png' },
        {
          type: 'resource',
          resource: { uri: 'test://mixed-content-resource', mimeType: 'application/json', text: '{"test":"data"}' },
        },
      ],
    }),
  ],
  test_error_handling: [
    'Fails',
    takes(),
    () => {
      throw new Error('This tool intentionally returns an error for testing');
    },
  ],
  test_streaming_elicitation: ['Asks nothing', takes(), () => says('nothing was asked on this stream')],
  echo: ['Says it again', takes({ text: string('what to say') }), ({ text: words }) => says(words)],
  large: [
    'So many characters',
    takes({ characters: { type: 'integer' } }),
    ({ characters }) => says('0123456789abcdef'.repeat(Math.ceil(characters / 16)).slice(0, characters)),
  ],
  secret: ['For those who may', takes(), () => says('the secret')],
};

const notices = {
  test_tool_with_logging: [
    'Logs three times',
    takes(),
    async (_args, ctx) => {
      for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
        await ctx.mcpReq.notify({ method: 'notifications/message', params: { level: 'info', data } });
        await pause(10);
      }
      return says('logged');
    },
  ],
  test_logging_tool: [
    'Logs if the request asks for it',
    takes(),
    async (_args, ctx) => {
      await ctx.mcpReq.log('info', 'logged by request');
      return says('done');
    },
  ],
  test_tool_with_progress: [
    'Tells its progress',
    takes(),
    async (_args, ctx) => {
      const progressToken = ctx.mcpReq._meta?.progressToken;
      if (progressToken !== undefined) {
        for (const progress of [0, 50, 100]) {
          await ctx.mcpReq.notify({
            method: 'notifications/progress',
            params: { progressToken, progress, total: 100, message: `step ${progress}` },
          });
          await pause(10);
        }
      }
      return says('progress was told');
    },
  ],
};

const asking = {
  test_sampling: [
    'Asks for a completion',
    takes({ prompt: string('what to complete') }),
    (args, ctx) =>
      ask(
        ctx,
        'sampling/createMessage',
        { messages: [{ role: 'user', content: text(args.prompt) }], maxTokens: 100 },
        (answer) => `completed: ${answer.content?.text}`,
      ),
  ],
  test_elicitation: [
    'Asks the person',
    takes({ message: string('what to ask') }),
    (args, ctx) => ask(ctx, 'elicitation/create', form(args.message, { response: string('the answer') }), elicited),
  ],
  test_elicitation_sep1034_defaults: [
    'Asks with defaults',
    takes(),
    (_args, ctx) =>
      ask(
        ctx,
        'elicitation/create',
        form(
          'Look through the defaults',
          {
            name: { type: 'string', default: 'John Doe' },
            age: { type: 'integer', default: 30 },
            score: { type: 'number', default: 95.5 },
            status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
            verified: { type: 'boolean', default: true },
          },
          [],
        ),
        elicited,
      ),
  ],
  test_elicitation_sep1330_enums: [
    'Asks with choices of every kind',
    takes(),
    (_args, ctx) => {
      const plainChoices = ['option1', 'option2', 'option3'];
      const titled = [1, 2, 3].map((n) => ({ const: `value${n}`, title: `Choice ${n}` }));
      const properties = {
        untitledSingle: { type: 'string', enum: plainChoices },
        titledSingle: { type: 'string', oneOf: titled },
        legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['One', 'Two', 'Three'] },
        untitledMulti: { type: 'array', minItems: 1, maxItems: 3, items: { type: 'string', enum: plainChoices } },
        titledMulti: { type: 'array', minItems: 1, maxItems: 3, items: { anyOf: titled } },
      };
      return ask(ctx, 'elicitation/create', form('Choose', properties, []), elicited);
    },
  ],
  ask_roots: [
    'Asks for the roots',
    takes(),
    (_args, ctx) =>
      ask(ctx, 'roots/list', {}, (answer) => answer.roots.map((root) => `${root.name} ${root.uri}`).join(', ')),
  ],
};

/** Tools that answer "this is needed first", and are called again with it. */
const rounds = ({ states }) => {
  const state = (content) => states.mint({ ...content, nonce: randomUUID() });
  const answered = (ctx, name) => acceptedContent(ctx.mcpReq.inputResponses, name);
  return {
    test_input_required_result_elicitation: [
      'Needs a name',
      takes(),
      (_args, ctx) => {
        const name = answered(ctx, 'user_name')?.name;
        return typeof name === 'string'
          ? says(`Hello, ${name}!`)
          : inputRequired({ inputRequests: { user_name: form1('What is your name?', 'name', 'string') } });
      },
    ],
    test_input_required_result_sampling: [
      'Needs a completion',
      takes(),
      (_args, ctx) => {
        const answer = ctx.mcpReq.inputResponses?.capital_question;
        return answer === undefined
          ? inputRequired({ inputRequests: { capital_question: prompt('What is the capital of France?') } })
          : says(`Sampling response: ${answer.content?.text}`);
      },
    ],
    test_input_required_result_list_roots: [
      'Needs the roots',
      takes(),
      (_args, ctx) => {
        const roots = ctx.mcpReq.inputResponses?.client_roots?.roots;
        return Array.isArray(roots)
          ? says(`Roots: ${roots.map((root) => root.uri).join(', ')}`)
          : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
      },
    ],
    test_input_required_result_request_state: [
      'Needs a confirmation, and its state back',
      takes(),
      async (_args, ctx) => {
        if (answered(ctx, 'confirm') === undefined) {
          return inputRequired({
            inputRequests: { confirm: form1('Confirm', 'ok', 'boolean') },
            requestState: await state({ tool: 'request_state' }),
          });
        }
        if (ctx.mcpReq.requestState() === undefined) {
          throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'requestState is missing');
        }
        return says('state-ok');
      },
    ],
    test_input_required_result_multiple_inputs: [
      'Needs three things at once',
      takes(),
      async (_args, ctx) => {
        const responses = ctx.mcpReq.inputResponses;
        const name = answered(ctx, 'user_name')?.name;
        const greeting = responses?.greeting?.content?.text;
        const roots = responses?.client_roots?.roots;
        if (typeof name === 'string' && typeof greeting === 'string' && Array.isArray(roots)) {
          return says(`${greeting} ${name}, with ${roots.length} roots`);
        }
        return inputRequired({
          inputRequests: {
            user_name: form1('What is your name?', 'name', 'string'),
            greeting: prompt('Write a greeting', 50),
            client_roots: inputRequired.listRoots(),
          },
          requestState: await state({ tool: 'multiple_inputs' }),
        });
      },
    ],
    test_input_required_result_multi_round: [
      'Needs one thing after the other',
      takes(),
      async (_args, ctx) => {
        const known = ctx.mcpReq.requestState();
        if (known?.round === undefined) {
          return inputRequired({
            inputRequests: { step1: form1('Your name?', 'name', 'string') },
            requestState: await state({ round: 1 }),
          });
        }
        if (known.round === 1) {
          return inputRequired({
            inputRequests: { step2: form1('Your colour?', 'color', 'string') },
            requestState: await state({ round: 2, name: answered(ctx, 'step1')?.name ?? 'nobody' }),
          });
        }
        return says(`${known.name} likes ${answered(ctx, 'step2')?.color ?? 'none'}`);
      },
    ],
    test_input_required_result_tampered_state: [
      'Refuses a state that is not its own',
      takes(),
      async (_args, ctx) =>
        ctx.mcpReq.requestState() !== undefined && answered(ctx, 'confirm') !== undefined
          ? says('integrity-ok')
          : inputRequired({
              inputRequests: { confirm: form1('Confirm', 'ok', 'boolean') },
              requestState: await state({ tool: 'tampered_state' }),
            }),
    ],
    test_input_required_result_capabilities: [
      'Needs what the client can give',
      takes(),
      (_args, ctx) => {
        if (ctx.mcpReq.inputResponses !== undefined) {
          return says('given');
        }
        const can = ctx.mcpReq.envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? {};
        const inputRequests = {
          ...(can.elicitation && { user_name: form1('What is your name?', 'name', 'string') }),
          ...(can.sampling && { greeting: prompt('Write a greeting', 50) }),
          ...(can.roots && { client_roots: inputRequired.listRoots() }),
        };
        return Object.keys(inputRequests).length === 0 ? says('nothing is possible') : inputRequired({ inputRequests });
      },
    ],
    test_missing_capability: [
      'Needs sampling, whatever the client can',
      takes(),
      (_args, ctx) =>
        ctx.mcpReq.inputResponses?.answer === undefined
          ? inputRequired({ inputRequests: { answer: prompt('Say pong', 16) } })
          : says('answered'),
    ],
  };
};

/** Tools that do something to the session, to the stream or to whoever listens. */
const moving = ({ cancelled, session, notify }) => {
  const server = (ctx) => session(ctx.sessionId)?.server.server;
  return {
    test_reconnection: [
      'Cuts its stream, and answers whoever comes back',
      takes(),
      async (_args, ctx) => {
        session(ctx.sessionId)?.transport.closeSSEStream(ctx.mcpReq.id);
        await pause(150);
        return says('you came back');
      },
    ],
    test_trigger_tool_change: [
      'Says that the tools have changed',
      takes(),
      async (_args, ctx) => {
        await (server(ctx)?.sendToolListChanged() ?? notify().toolsChanged());
        return says('said');
      },
    ],
    test_trigger_prompt_change: [
      'Says that the prompts have changed',
      takes(),
      async (_args, ctx) => {
        await (server(ctx)?.sendPromptListChanged() ?? notify().promptsChanged());
        return says('said');
      },
    ],
    touch: [
      'Says that a resource has changed',
      takes({ uri: string('which one') }),
      async ({ uri }, ctx) => {
        await (server(ctx)?.sendResourceUpdated({ uri }) ?? notify().resourceUpdated(uri));
        return says('said');
      },
    ],
    wait: [
      'Waits until it is cancelled',
      takes(),
      async (_args, ctx) => {
        await ctx.mcpReq.notify({
          method: 'notifications/progress',
          params: { progressToken: ctx.mcpReq._meta?.progressToken ?? 'none', progress: 1 },
        });
        await new Promise((resolve) => ctx.mcpReq.signal.addEventListener('abort', resolve));
        cancelled.done();
        return says('cancelled');
      },
    ],
    was_cancelled: [
      'Answers once a call of wait was cancelled',
      takes(),
      async () => {
        await cancelled.happened;
        return says('a call was cancelled');
      },
    ],
  };
};

export function offerTools(server, shared) {
  const all = { ...plain, ...notices, ...asking, ...rounds(shared), ...moving(shared) };
  for (const [name, [description, schema, handler]] of Object.entries(all)) {
    server.registerTool(name, { description, inputSchema: fromJsonSchema(schema) }, async (args, ctx) =>
      handler(args, ctx),
    );
  }
  server.registerTool(
    'structured',
    {
      description: 'Answers in a form',
      inputSchema: fromJsonSchema(takes({ city: string('where') })),
      outputSchema: fromJsonSchema(takes({ city: { type: 'string' }, degrees: { type: 'number' } })),
    },
    async ({ city }) => {
      const structuredContent = { city, degrees: 21.5 };
      return { ...says(JSON.stringify(structuredContent)), structuredContent };
    },
  );
  server.registerTool(
    'test_x_mcp_header',
    {
      description: 'Has an argument that is told in a header',
      inputSchema: fromJsonSchema(
        takes({ region: { type: 'string', 'x-mcp-header': 'Region' }, level: { type: 'integer' } }, []),
      ),
    },
    async ({ region }) => says(`region=${region ?? 'none'}`),
  );
  server.registerTool(
    'json_schema_2020_12_tool',
    {
      description: 'Has a schema with all that JSON Schema 2020-12 knows',
      inputSchema: fromJsonSchema({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        $defs: {
          address: {
            $anchor: 'addressDef',
            type: 'object',
            properties: { street: { type: 'string' }, city: { type: 'string' } },
          },
        },
        properties: {
          name: { type: 'string' },
          address: { $ref: '#/$defs/address' },
          contactMethod: { type: 'string', enum: ['phone', 'email'] },
          phone: { type: 'string' },
          email: { type: 'string' },
        },
        allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
        if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
        then: { required: ['phone'] },
        else: { required: ['email'] },
        additionalProperties: false,
      }),
    },
    async (args) => says(JSON.stringify(args)),
  );
}
