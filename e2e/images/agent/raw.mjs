#!/usr/local/bin/node
// Somebody who goes around the mesh: plain HTTP, plain TCP, and TLS with a certificate of his own. One line of JSON says how far he came.
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import tls from 'node:tls';
import {selfSigned} from './certificate.mjs';

const usage = `raw COMMAND
  http METHOD URL [HEADERSJSON [BODY]]      {"connected":...,"status":...,"headers":...,"body":...}
  tcp HOST PORT TEXT                        {"connected":...,"received":...}; \\r and \\n in TEXT are what they say
  tls HOST PORT [AUTHORITY [SPIFFEID]]      self-signed client certificate, ALPN h2, then an HTTP/2 CONNECT to AUTHORITY
                                            {"connected":...,"handshake":...,"status":...}
RAW_TIMEOUT_MS (5000): how long to wait for an answer; what did not come by then is {"error":"timeout"}`;
const patience = Number(process.env.RAW_TIMEOUT_MS ?? 5000);
const longest = 64 * 1024; // of what is printed

const code = error => error.code ?? error.message;

// Runs attempt(done), where done(more) ends it; what came about until then is kept in the fact.
function observe(fact, attempt) {
  return new Promise(resolve => {
    const done = more => resolve(Object.assign(fact, more));
    setTimeout(() => done({error: 'timeout'}), patience);
    attempt(done);
  });
}

function plainHttp(method, url, headers = '{}', body) {
  const fact = {connected: false};
  return observe(fact, done => {
    const request = http.request(url, {method, headers: JSON.parse(headers), agent: false}, response => {
      Object.assign(fact, {status: response.statusCode, headers: response.headers, body: ''});
      response.setEncoding('utf8');
      response.on('data', text => (fact.body = (fact.body + text).slice(0, longest)));
      response.on('end', () => done());
      response.on('error', error => done({error: code(error)}));
    });
    request.on('socket', socket => socket.on('connect', () => (fact.connected = true)));
    request.on('error', error => done({error: code(error)}));
    request.end(body);
  });
}

function plainTcp(host, port, text) {
  const fact = {connected: false, received: ''};
  return observe(fact, done => {
    const socket = net.connect({host, port: Number(port)}, () => {
      fact.connected = true;
      socket.write(text.replaceAll('\\r', '\r').replaceAll('\\n', '\n'));
    });
    socket.setEncoding('latin1');
    socket.on('data', received => (fact.received = (fact.received + received).slice(0, longest)));
    socket.on('error', error => done({error: code(error)}));
    socket.on('close', () => done({closed: true}));
  });
}

// In TLS 1.3 the client's handshake ends before the server has judged its certificate: "handshake" may be true and the refusal follows.
function ownCertificate(host, port, authority = `${host}:${port}`, uri = 'spiffe://stockade.local/ns/agents/agent/impostor') {
  const fact = {connected: false, handshake: false};
  return observe(fact, done => {
    const raw = net.connect({host, port: Number(port)}, () => (fact.connected = true));
    raw.on('error', error => done({error: code(error)}));
    const socket = tls.connect({socket: raw, ALPNProtocols: ['h2'], rejectUnauthorized: false, ...selfSigned(uri)});
    socket.on('error', error => done({error: code(error)}));
    socket.on('secureConnect', () => {
      Object.assign(fact, {handshake: true, protocol: socket.getProtocol(), alpn: socket.alpnProtocol, peer: socket.getPeerCertificate()?.subjectaltname});
      if (socket.alpnProtocol !== 'h2') return;
      const session = http2.connect(`https://${authority}`, {createConnection: () => socket});
      session.on('error', error => done({error: code(error)}));
      session.on('close', () => done({closed: true}));
      const stream = session.request({':method': 'CONNECT', ':authority': authority}, {endStream: false});
      stream.on('error', error => done({error: code(error)}));
      stream.on('response', headers => done({status: headers[':status']}));
    });
    socket.on('close', () => done({closed: true}));
  });
}

const commands = {http: [plainHttp, 2, 4], tcp: [plainTcp, 3, 3], tls: [ownCertificate, 2, 4]};
const [command, ...rest] = process.argv.slice(2);
const [run, least, most] = commands[command] ?? [];
if (!run || rest.length < least || rest.length > most) {
  process.stderr.write(usage + '\n');
  process.exit(2);
}
const fact = await run(...rest);
process.stdout.write(JSON.stringify(fact) + '\n', () => process.exit(0));
