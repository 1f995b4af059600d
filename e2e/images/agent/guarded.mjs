#!/usr/local/bin/node
// An MCP server on $PORT (3001) that asks for OAuth as MCP's authorization chapter has it: without a token it answers 401 and says where
// its metadata is. It takes the one token that the tests send; where tokens come from is nobody's business here.
import express from 'express';
import {requireBearerAuth} from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import {mcpAuthMetadataRouter} from '@modelcontextprotocol/sdk/server/auth/router.js';
import {McpServer} from '@modelcontextprotocol/sdk/server/mcp.js';
import {StreamableHTTPServerTransport} from '@modelcontextprotocol/sdk/server/streamableHttp.js';

const port = Number(process.env.PORT ?? 3001);
const resource = new URL(`http://localhost:${port}/mcp`);
const issuer = 'https://login.example.com/';
const verifyAccessToken = async token => {
  if (token !== 'let-me-in') throw new Error('not a token of ours');
  return {token, clientId: 'tests', scopes: [], expiresAt: Date.now() / 1000 + 3600};
};

process.once('SIGTERM', () => process.exit(0));
const app = express();
app.use(
  mcpAuthMetadataRouter({
    oauthMetadata: {
      issuer,
      authorization_endpoint: `${issuer}authorize`,
      token_endpoint: `${issuer}token`,
      response_types_supported: ['code'],
    },
    resourceServerUrl: resource,
  }),
);
const resourceMetadataUrl = `http://localhost:${port}/.well-known/oauth-protected-resource/mcp`;
app.post('/mcp', requireBearerAuth({verifier: {verifyAccessToken}, resourceMetadataUrl}), express.json(), async (request, response) => {
  const server = new McpServer({name: 'guarded', version: '1.0.0'});
  server.registerTool('whoami', {description: 'Says who asks'}, async () => ({content: [{type: 'text', text: request.auth.clientId}]}));
  const transport = new StreamableHTTPServerTransport({sessionIdGenerator: undefined, enableJsonResponse: true});
  response.on('close', () => transport.close());
  await server.connect(transport);
  await transport.handleRequest(request, response, request.body);
});
app.listen(port);
