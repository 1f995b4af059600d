// The fixture's resources and prompts; those that begin with test are asked for by the conformance suites.
import {
  acceptedContent,
  fromJsonSchema,
  inputRequired,
  ProtocolError,
  ProtocolErrorCode,
  ResourceTemplate,
} from '@modelcontextprotocol/server';
import { IMAGE } from './fixture-tools.mjs';

const PAGE = 4;
const plain = (uri, text) => ({ contents: [{ uri: String(uri), mimeType: 'text/plain', text }] });
const user = (content) => ({ role: 'user', content });

export function offerResources(server, { session }) {
  const listed = [];
  const offer = (name, uri, mimeType, read) => {
    listed.push({ name, uri, mimeType });
    server.registerResource(name, uri, { mimeType }, read);
  };
  offer('static-text', 'test://static-text', 'text/plain', (uri) => plain(uri, 'The text of the static resource.'));
  offer('static-binary', 'test://static-binary', 'image/png', () => ({
    contents: [{ uri: 'test://static-binary', mimeType: 'image/png', blob: IMAGE }],
  }));
  offer('watched-resource', 'test://watched-resource', 'text/plain', (uri) => plain(uri, 'It is watched.'));
  for (let n = 1; n <= 6; n++) {
    offer(`page ${n}`, `test://pages/${n}`, 'text/plain', (uri) => plain(uri, `Page ${n}, größer als 頁 😀`));
  }
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', {
      list: undefined,
      complete: { id: (value) => ['alpha', 'beta', 'alphabet'].filter((id) => id.startsWith(value)) },
    }),
    { mimeType: 'application/json' },
    (uri, { id }) => ({
      contents: [
        {
          uri: uri.href,
          mimeType: 'application/json',
          text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
        },
      ],
    }),
  );
  // In pages, which the SDK does not do by itself.
  server.server.setRequestHandler('resources/list', ({ params }) => {
    const from = params?.cursor === undefined ? 0 : Number(params.cursor);
    if (!Number.isInteger(from) || from < 0) {
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'this cursor is not one of ours');
    }
    return {
      resources: listed.slice(from, from + PAGE),
      ...(from + PAGE < listed.length && { nextCursor: String(from + PAGE) }),
    };
  });
  const acknowledge = (_request, ctx) => {
    if (session(ctx.sessionId) === undefined) {
      throw new ProtocolError(ProtocolErrorCode.InvalidRequest, 'there is no session to tell');
    }
    return {};
  };
  server.server.setRequestHandler('resources/subscribe', acknowledge);
  server.server.setRequestHandler('resources/unsubscribe', acknowledge);
  server.server.setRequestHandler('logging/setLevel', () => ({}));
}

export function offerPrompts(server) {
  const offer = (name, properties, messages) =>
    server.registerPrompt(
      name,
      {
        description: `The prompt ${name}`,
        ...(properties.length > 0 && {
          argsSchema: fromJsonSchema({
            type: 'object',
            properties: Object.fromEntries(properties.map((property) => [property, { type: 'string' }])),
            required: properties,
          }),
        }),
      },
      properties.length > 0 ? async (args) => ({ messages: messages(args) }) : async () => ({ messages: messages() }),
    );
  offer('test_simple_prompt', [], () => [user({ type: 'text', text: 'A simple prompt.' })]);
  offer('test_prompt_with_arguments', ['arg1', 'arg2'], ({ arg1, arg2 }) => [
    user({ type: 'text', text: `arg1='${arg1}', arg2='${arg2}'` }),
  ]);
  offer('test_prompt_with_embedded_resource', ['resourceUri'], ({ resourceUri }) => [
    user({ type: 'resource', resource: { uri: resourceUri, mimeType: 'text/plain', text: 'An embedded resource.' } }),
    user({ type: 'text', text: 'Work on it.' }),
  ]);
  offer('test_prompt_with_image', [], () => [user({ type: 'image', data: IMAGE, mimeType: 'image/png' })]);
  server.registerPrompt(
    'test_input_required_result_prompt',
    { description: 'A prompt that needs something first' },
    async (ctx) => {
      const context = acceptedContent(ctx.mcpReq.inputResponses, 'user_context')?.context;
      return typeof context === 'string'
        ? { messages: [user({ type: 'text', text: `In this context: ${context}` })] }
        : inputRequired({
            inputRequests: {
              user_context: inputRequired.elicit({
                message: 'Which context?',
                requestedSchema: {
                  type: 'object',
                  properties: { context: { type: 'string' } },
                  required: ['context'],
                },
              }),
            },
          });
    },
  );
  server.server.setRequestHandler('completion/complete', ({ params }) => {
    const values = ['alpha', 'beta', 'alphabet'].filter((value) => value.startsWith(params.argument.value));
    return { completion: { values, total: values.length, hasMore: false } };
  });
}
