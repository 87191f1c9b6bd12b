// A server of the TypeScript SDK 2, open to the bearer in TOKEN: of both eras of MCP, or of the stateless one with --stateless.
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

const { values } = parseArgs({ options: { stateless: { type: 'boolean', default: false } } });
const expected = `Bearer ${process.env.TOKEN}`;

function mcpServer() {
  const server = new McpServer({ name: 'interop-typescript', version: '1.0.0' });
  const echo = { description: 'Says what it was told.', inputSchema: z.object({ text: z.string() }), annotations: { readOnlyHint: true } };
  server.registerTool('echo', echo, async ({ text }) => ({ content: [{ type: 'text', text }] }));
  return server;
}

const mcp = toNodeHandler(createMcpHandler(mcpServer, values.stateless ? { legacy: 'reject' } : {}));
const http = createServer((request, response) => {
  if (request.headers.authorization !== expected) {
    response.writeHead(401, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }).end();
    return;
  }
  mcp(request, response);
});

http.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ resource: `http://127.0.0.1:${http.address().port}/mcp` }));
});

// Whoever started this server holds the other end of stdin, so that it cannot outlive them.
process.stdin.resume().on('end', () => process.exit(0));
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => process.exit(0));
}
