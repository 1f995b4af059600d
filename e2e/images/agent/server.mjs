#!/usr/local/bin/node
// Starts the reference server as it is, on $PORT (3001), and ends at SIGTERM: the first process of a container has no default action for it.
// server [streamableHttp|sse]: the transport; sse is that of MCP 2024-11-05.
process.once('SIGTERM', () => process.exit(0));
process.argv[2] ??= 'streamableHttp';
await import('@modelcontextprotocol/server-everything/dist/index.js');
