#!/usr/local/bin/node
// An agent: the official TypeScript SDK's client over Streamable HTTP. Every fact is one line of JSON on standard output, and a
// refusal is a fact: {"error":{"code":-31403,...}} from the protocol, {"error":{"http":403,...}} from HTTP, {"error":{"network":"ECONNREFUSED",...}}.
import {createHash} from 'node:crypto';
import {createInterface} from 'node:readline';
import {parseArgs} from 'node:util';
import {Client} from '@modelcontextprotocol/sdk/client/index.js';
import {StreamableHTTPClientTransport, StreamableHTTPError} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {McpError} from '@modelcontextprotocol/sdk/types.js';

const usage = `agent COMMAND
  list URL [tools|resources|prompts]   what the server shows
  call URL TOOL [JSON]                 call a tool once
  burst URL TOOL JSON N                call it N times in one session; latencies in microseconds
  progress URL TOOL [JSON]             call it and print progress as it arrives
  hold URL                             keep a session and its event stream open until SIGTERM
  traffic URL TOOL [JSON]              call it some times a second, in one session with its event stream and in new ones, until standard
                                       input ends; tells each failure when it happens, and how many calls there were
  session URL                          one session; each line of standard input {"tool":...,"args":{...}} is a call; events as they come
  mcpjson [URL]                        what the sidecar says can be reached (http://127.0.0.1:15001/mcp.json)
  idle                                 stay up until SIGTERM
--fill NAME=N   the argument NAME is N letters (for bodies too long for a command line)
--brief         long texts in a result as their length and SHA-256
--timeout S     seconds that a call may take (60)`;

const {values: options, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    fill: {type: 'string', multiple: true, default: []},
    brief: {type: 'boolean', default: false},
    timeout: {type: 'string', default: '60'},
  },
});
const [command, ...rest] = positionals;
const requestOptions = {timeout: Number(options.timeout) * 1000, resetTimeoutOnProgress: true};

const print = fact => process.stdout.write(JSON.stringify(fact) + '\n');
const now = () => new Date().toISOString();
const microsSince = start => Number((process.hrtime.bigint() - start) / 1000n);

function failure(error) {
  if (error instanceof McpError) {
    return {error: {code: error.code, message: error.message.replace(/^MCP error -?\d+: /, ''), data: error.data}};
  }
  if (error instanceof StreamableHTTPError && error.code > 0) {
    return {error: {http: error.code, message: error.message}};
  }
  const cause = error.cause ?? error;
  return {error: {network: cause.code ?? cause.name ?? 'unknown', message: cause.message || error.message}};
}

function args(json) {
  const parsed = json ? JSON.parse(json) : {};
  for (const fill of options.fill) {
    const [name, length] = fill.split('=');
    parsed[name] = 'x'.repeat(Number(length));
  }
  return parsed;
}

function brief(result) {
  if (!options.brief) return result;
  const shorten = part =>
    part.type === 'text' && part.text.length > 1000
      ? {type: 'text', length: part.text.length, sha256: createHash('sha256').update(part.text).digest('hex')}
      : part;
  return {...result, content: result.content?.map(shorten)};
}

async function open(url, transportOptions = {}) {
  const client = new Client({name: 'stockade-e2e-agent', version: '1.0.0'});
  const transport = new StreamableHTTPClientTransport(new URL(url), transportOptions);
  await client.connect(transport, requestOptions);
  return {client, transport};
}

async function close({client, transport}) {
  await transport.terminateSession().catch(() => {}); // the server may have ended it first
  await client.close();
}

const call = (client, tool, given, extra = {}) =>
  client.callTool({name: tool, arguments: given}, undefined, {...requestOptions, ...extra});

async function list(url, kind = 'tools') {
  const session = await open(url);
  const page = {
    tools: cursor => session.client.listTools({cursor}, requestOptions),
    resources: cursor => session.client.listResources({cursor}, requestOptions),
    prompts: cursor => session.client.listPrompts({cursor}, requestOptions),
  }[kind];
  const names = [];
  let cursor;
  do {
    const result = await page(cursor);
    names.push(...result[kind].map(item => item.uri ?? item.name));
    cursor = result.nextCursor;
  } while (cursor);
  print({[kind]: names});
  await close(session);
}

async function callOnce(url, tool, json) {
  const session = await open(url);
  const start = process.hrtime.bigint();
  try {
    const result = await call(session.client, tool, args(json));
    print({result: brief(result), micros: microsSince(start), session: session.transport.sessionId});
  } finally {
    await close(session);
  }
}

async function burst(url, tool, json, count) {
  const session = await open(url);
  const given = args(json);
  const micros = [];
  const refused = {};
  for (let i = 0; i < Number(count); i++) {
    const start = process.hrtime.bigint();
    try {
      const result = await call(session.client, tool, given);
      if (result.isError) throw new Error(result.content?.[0]?.text ?? 'the tool failed');
      micros.push(microsSince(start));
    } catch (error) {
      const key = JSON.stringify(failure(error).error);
      refused[key] = (refused[key] ?? 0) + 1;
    }
  }
  const sorted = micros.toSorted((a, b) => a - b);
  print({
    calls: Number(count),
    ok: micros.length,
    firstMicros: micros[0],
    medianMicros: sorted[Math.floor(sorted.length / 2)],
    worstMicros: sorted.at(-1),
    session: session.transport.sessionId,
    errors: Object.entries(refused).map(([error, times]) => ({times, error: JSON.parse(error)})),
  });
  await close(session);
}

async function progress(url, tool, json) {
  const session = await open(url);
  const start = process.hrtime.bigint();
  try {
    const onprogress = step => print({...step, time: now(), micros: microsSince(start)});
    const result = await call(session.client, tool, args(json), {onprogress});
    print({result: brief(result), time: now(), micros: microsSince(start)});
  } finally {
    await close(session);
  }
}

// The SDK opens the event stream by itself and reopens it when it ends; this fetch tells of both.
async function observedFetch(url, init) {
  if (init?.method !== 'GET') return fetch(url, init);
  const response = await fetch(url, init).catch(error => {
    print({stream: 'refused', time: now(), ...failure(error)});
    throw error;
  });
  if (!response.ok || !response.body) {
    print({stream: 'refused', time: now(), status: response.status});
    return response;
  }
  print({stream: 'open', time: now(), status: response.status});
  const reader = response.body.getReader();
  const body = new ReadableStream({
    async pull(controller) {
      try {
        const {done, value} = await reader.read();
        if (!done) return controller.enqueue(value);
        print({stream: 'end', time: now()});
        controller.close();
      } catch (error) {
        print({stream: 'end', time: now(), ...failure(error)});
        controller.error(error);
      }
    },
    cancel: reason => reader.cancel(reason),
  });
  return new Response(body, {status: response.status, headers: response.headers});
}

async function hold(url) {
  const {client, transport} = await open(url, {fetch: observedFetch});
  print({session: transport.sessionId, time: now()});
  client.fallbackNotificationHandler = async event => print({event, time: now()});
  client.onerror = () => {}; // told above
  await untilTerminated();
}

async function manyCalls(url) {
  const session = await open(url);
  session.client.fallbackNotificationHandler = async event => print({event, time: now()});
  print({session: session.transport.sessionId, time: now()});
  for await (const line of createInterface({input: process.stdin})) {
    const start = process.hrtime.bigint();
    try {
      const {tool, args: given = {}} = JSON.parse(line);
      print({result: brief(await call(session.client, tool, given)), micros: microsSince(start), time: now()});
    } catch (error) {
      print({...failure(error), time: now()});
    }
  }
  await close(session);
}

// One session lives as long as this, with events of the server on its open stream; beside it a new one for each call.
async function traffic(url, tool, json) {
  const started = now();
  const counts = {calls: 0, sessions: 0, events: 0, failures: 0, worstMicros: 0};
  const pause = millis => new Promise(resolve => setTimeout(resolve, millis));
  const given = args(json);
  let over = false;
  async function attempt(what, action) {
    const start = process.hrtime.bigint();
    const time = now();
    try {
      const result = await action();
      if (result.isError) throw new Error(result.content?.[0]?.text ?? 'the tool failed');
      counts.calls++;
    } catch (error) {
      if (++counts.failures <= 50) print({failed: what, time, micros: microsSince(start), ...failure(error)});
    }
    counts.worstMicros = Math.max(counts.worstMicros, microsSince(start));
  }
  const lasting = await open(url, {fetch: observedFetch});
  lasting.client.fallbackNotificationHandler = async () => counts.events++;
  lasting.client.onerror = () => {}; // told above
  print({session: lasting.transport.sessionId, time: now()});
  await attempt('events', () => call(lasting.client, 'toggle-simulated-logging', {}));
  async function inTheLastingSession() {
    for (; !over; await pause(200)) await attempt('call', () => call(lasting.client, tool, given));
  }
  async function inNewSessions() {
    for (; !over; await pause(1000)) {
      await attempt('session', async () => {
        const session = await open(url);
        counts.sessions++;
        try {
          return await call(session.client, tool, given);
        } finally {
          await close(session);
        }
      });
    }
  }
  async function tellInBetween() {
    for (; !over; await pause(1000)) print({...counts, started, time: now()});
  }
  const work = [inTheLastingSession(), inNewSessions(), tellInBetween()];
  for await (const line of createInterface({input: process.stdin})) if (line === 'stop') break;
  over = true;
  await Promise.all(work);
  print({stopped: true, ...counts, started, time: now()});
  await close(lasting);
}

async function mcpjson(url = 'http://127.0.0.1:15001/mcp.json') {
  const response = await fetch(url);
  print(response.ok ? await response.json() : {error: {http: response.status, message: await response.text()}});
}

// The first process of a container has no default action for SIGTERM.
const untilTerminated = () =>
  new Promise(resolve => {
    const alive = setInterval(() => {}, 1 << 30);
    for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => (clearInterval(alive), resolve()));
  });

const commands = {
  list: [list, 1, 2],
  call: [callOnce, 2, 3],
  burst: [burst, 4, 4],
  progress: [progress, 2, 3],
  hold: [hold, 1, 1],
  traffic: [traffic, 2, 3],
  session: [manyCalls, 1, 1],
  mcpjson: [mcpjson, 0, 1],
  idle: [untilTerminated, 0, 0],
};
const [run, least, most] = commands[command] ?? [];
if (!run || rest.length < least || rest.length > most) {
  process.stderr.write(usage + '\n');
  process.exit(2);
}
try {
  await run(...rest);
} catch (error) {
  print(failure(error));
}
process.exit(0);
