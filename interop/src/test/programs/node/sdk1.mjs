// The TypeScript SDK, 1.x, of the legacy generation.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';

const REQUESTS = {
  'sampling/createMessage': CreateMessageRequestSchema,
  'elicitation/create': ElicitRequestSchema,
  'roots/list': ListRootsRequestSchema,
};
const NOTICES = {
  'notifications/message': LoggingMessageNotificationSchema,
  'notifications/resources/updated': ResourceUpdatedNotificationSchema,
  'notifications/tools/list_changed': ToolListChangedNotificationSchema,
};

/** A client that answers requests and hears notices, by their methods; not connected yet. */
export function made(url, capabilities, requests, notices) {
  const client = new Client({ name: 'features', version: '1.0.0' }, { capabilities });
  for (const [method, handler] of Object.entries(requests)) {
    client.setRequestHandler(REQUESTS[method], handler);
  }
  for (const [method, handler] of Object.entries(notices)) {
    client.setNotificationHandler(NOTICES[method], handler);
  }
  const transport = new StreamableHTTPClientTransport(new URL(url));
  return { client, transport, connect: () => client.connect(transport), version: () => transport.protocolVersion };
}
