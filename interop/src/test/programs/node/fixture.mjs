// A server of both generations, on the TypeScript SDK 2.x: with everything that the conformance suites ask of a server, and what
// the clients beside this file need to try all that a client can do. `fixture.mjs PORT`, on loopback.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import {
  localhostHostValidation,
  NodeStreamableHTTPServerTransport,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import {
  classifyInboundRequest,
  createMcpHandler,
  createRequestStateCodec,
  isInitializeRequest,
  McpServer,
} from '@modelcontextprotocol/server';
import { offerPrompts, offerResources } from './fixture-content.mjs';
import { offerTools } from './fixture-tools.mjs';

const port = Number(process.argv[2]);
const states = createRequestStateCodec({ key: crypto.getRandomValues(new Uint8Array(32)) });
const sessions = new Map();

/** What the tools share, in both generations. */
const shared = {
  states,
  cancelled: waiting(),
  session: (id) => sessions.get(id),
  notify: () => modern.notify,
};

/** Something that is waited for, whether it happens before or after. */
function waiting() {
  let done;
  const happened = new Promise((resolve) => {
    done = resolve;
  });
  return { done, happened };
}

function fixture() {
  const server = new McpServer(
    { name: 'fixture', title: 'Fixture ü', version: '1.0.0' },
    {
      instructions: 'Everything that can be asked for is here.',
      requestState: { verify: states.verify },
      capabilities: {
        tools: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        prompts: { listChanged: true },
        logging: {},
        completions: {},
      },
    },
  );
  offerTools(server, shared);
  offerResources(server, shared);
  offerPrompts(server);
  return server;
}

/** Events are kept, so that a client that comes back with Last-Event-ID gets what it missed. */
class Events {
  #kept = [];

  async storeEvent(stream, message) {
    this.#kept.push({ stream, message });
    return String(this.#kept.length);
  }

  async getStreamIdForEventId(id) {
    return this.#kept[Number(id) - 1]?.stream;
  }

  async replayEventsAfter(id, { send }) {
    const stream = this.#kept[Number(id) - 1]?.stream;
    for (let i = Number(id); i < this.#kept.length; i++) {
      const event = this.#kept[i];
      if (event.stream === stream && Object.keys(event.message ?? {}).length > 0) {
        await send(String(i + 1), event.message);
      }
    }
    return stream;
  }
}

const modern = createMcpHandler(fixture, { onerror: (error) => console.error('modern:', error.message) });
const answerModern = toNodeHandler(modern);
const hostIsLocal = localhostHostValidation();

async function openSession() {
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    eventStore: new Events(),
    retryInterval: 50,
    onsessioninitialized: (id) => sessions.set(id, { transport, server }),
    onsessionclosed: (id) => sessions.delete(id),
  });
  const server = fixture();
  await server.connect(transport);
  return transport;
}

function refuse(response, status, message) {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32000, message } }));
}

async function body(request) {
  const parts = [];
  for await (const part of request) {
    parts.push(part);
  }
  const text = Buffer.concat(parts).toString('utf8');
  return text === '' ? undefined : JSON.parse(text);
}

async function answer(request, response) {
  if (!hostIsLocal(request, response)) {
    return;
  }
  if (new URL(request.url, 'http://localhost').pathname !== '/mcp') {
    refuse(response, 404, 'nothing is here');
    return;
  }
  const message = request.method === 'POST' ? await body(request) : undefined;
  const { headers } = request;
  const era = classifyInboundRequest({
    httpMethod: request.method,
    protocolVersionHeader: headers['mcp-protocol-version'],
    mcpMethodHeader: headers['mcp-method'],
    body: message,
  });
  if (request.method === 'POST' && era.kind !== 'legacy') {
    await answerModern(request, response, message);
    return;
  }
  const id = headers['mcp-session-id'];
  if (id === undefined) {
    if (isInitializeRequest(message)) {
      await (await openSession()).handleRequest(request, response, message);
    } else {
      refuse(response, 400, 'a session is needed');
    }
    return;
  }
  const session = sessions.get(id);
  if (session === undefined) {
    refuse(response, 404, 'this session is unknown');
    return;
  }
  await session.transport.handleRequest(request, response, message);
}

createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error);
    if (!response.headersSent) {
      refuse(response, error instanceof SyntaxError ? 400 : 500, error.message);
    }
  });
}).listen(port, '127.0.0.1');
