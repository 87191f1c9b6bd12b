import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';

const SCOPE = 'mcp:read';

/** A handler for the MCP endpoint at `resource`: JWTs of `issuer` with this audience, sessions that end with DELETE. */
export function mcpEndpoint({ resource, issuer, metadataUrl }) {
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  const sessions = new Map();

  return async (request, response) => {
    const claims = await verify(request.headers.authorization, keys, { issuer, audience: resource });
    if (claims.error) {
      return refuse(response, claims, metadataUrl);
    }
    const id = request.headers['mcp-session-id'];
    const known = id && sessions.get(id);
    if (id && known?.subject !== claims.sub) {
      return fail(response, 404, 'Session not found');
    }
    const transport = known ? known.transport : await newSession(sessions, claims.sub);
    await transport.handleRequest(request, response);
  };
}

async function verify(authorization, keys, expected) {
  const [, token] = /^Bearer (\S+)$/i.exec(authorization ?? '') ?? [];
  if (!token) {
    return { error: 'missing' };
  }
  try {
    const { payload } = await jwtVerify(token, keys, expected);
    const scopes = String(payload.scope ?? '').split(' ');
    return scopes.includes(SCOPE) ? payload : { error: 'insufficient_scope' };
  } catch {
    return { error: 'invalid_token' };
  }
}

function refuse(response, { error }, metadataUrl) {
  const because = error === 'missing' ? '' : `error="${error}", `;
  response.setHeader('WWW-Authenticate', `Bearer ${because}resource_metadata="${metadataUrl}", scope="${SCOPE}"`);
  fail(response, error === 'insufficient_scope' ? 403 : 401, error);
}

function fail(response, status, message) {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32001, message } }));
}

async function newSession(sessions, subject) {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    enableJsonResponse: true,
    onsessioninitialized: (id) => sessions.set(id, { transport, subject }),
    onsessionclosed: (id) => sessions.delete(id),
  });
  await tools().connect(transport);
  return transport;
}

function tools() {
  const server = new McpServer({ name: 'novamart-interop', version: '1.0.0' });
  server.registerTool(
    'echo',
    { description: 'Says the text again', inputSchema: { text: z.string() } },
    ({ text }) => ({ content: [{ type: 'text', text }] }),
  );
  server.registerTool(
    'add',
    { description: 'Adds two numbers', inputSchema: { a: z.number(), b: z.number() } },
    ({ a, b }) => ({ content: [{ type: 'text', text: String(a + b) }] }),
  );
  return server;
}
