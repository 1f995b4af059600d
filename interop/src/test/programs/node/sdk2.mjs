// The TypeScript SDK, 2.x, of either generation.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/** A client that answers requests and hears notices, by their methods; not connected yet. */
export function made(url, capabilities, requests, notices, modern) {
  const client = new Client(
    { name: 'features', version: '1.0.0' },
    { capabilities, ...(modern && { versionNegotiation: { mode: 'auto' } }) },
  );
  for (const [method, handler] of Object.entries(requests)) {
    client.setRequestHandler(method, handler);
  }
  for (const [method, handler] of Object.entries(notices)) {
    client.setNotificationHandler(method, handler);
  }
  const transport = new StreamableHTTPClientTransport(new URL(url));
  return {
    client,
    transport,
    connect: () => client.connect(transport),
    version: () => client.getNegotiatedProtocolVersion(),
  };
}
