#!/usr/local/bin/node
// Starts the reference server as it is, on $PORT (3001), and ends at SIGTERM: the first process of a container has no default action for it.
process.once('SIGTERM', () => process.exit(0));
process.argv[2] = 'streamableHttp';
await import('@modelcontextprotocol/server-everything/dist/index.js');
